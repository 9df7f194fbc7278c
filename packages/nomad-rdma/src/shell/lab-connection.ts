import { randomBytes } from "node:crypto";
import type { Cli, Globals } from "../cli.ts";
import { LabClient } from "../client/shell/lab-client.ts";
import { type LabState, parseLabState } from "../lab/lab-state.ts";
import { labUrl, secretFile } from "../settings/lab-address.ts";
import { directoryOf, nearestDirectory, readIfThere } from "../settings/shell/nomad-directory.ts";
import { isExposed, readOrMakeSecret, readSecret } from "../settings/shell/secret.ts";
import { labAuthority, tlsFiles } from "../settings/shell/tls-files.ts";

/** A client of the lab that the options, the environment and the directory lead to. */
export function connectToLab(cli: Cli, globals: Globals): LabClient {
  const url = labUrl({
    flag: globals.lab,
    environment: cli.environment.NOMAD_LAB,
    found: nearestLab(cli.cwd)?.state.url,
  });
  const path = secretPath(cli, globals);
  warnIfExposed(cli, path);
  // Without a secret no lab lets us in, but only asking tells whether there is one: that error comes first.
  return new LabClient({ url, secret: readSecret(path) ?? randomBytes(32), ca: labAuthority(tlsFiles(cli, globals)) });
}

/** The nearest lab that is up, and the file that says so. */
export function nearestLab(cwd: string): { path: string; state: LabState } | undefined {
  const path = nearestDirectory(cwd).state;
  const text = readIfThere(path);
  return text === undefined ? undefined : { path, state: parseLabState(text, path) };
}

/** Where the lab's secret is, or will be. */
export function secretPath(cli: Cli, globals: Globals): string {
  const found = nearestDirectory(cli.cwd).secret;
  return secretFile({ flag: globals.secretFile, environment: cli.environment.NOMAD_SECRET_FILE, found });
}

interface Secret {
  readonly path: string;
  readonly secret: Uint8Array;
}

/** The secret for a daemon that joins the nearest lab; it is made when missing. */
export const daemonSecret = (cli: Cli, globals: Globals): Secret => madeSecret(cli, secretPath(cli, globals));

/** The secret of a lab that is started here, beside the file that says so: one further up is another lab's. */
export function ownSecret(cli: Cli, globals: Globals): Secret {
  const found = directoryOf(cli.cwd).secret;
  const sources = { flag: globals.secretFile, environment: cli.environment.NOMAD_SECRET_FILE, found };
  return madeSecret(cli, secretFile(sources));
}

function madeSecret(cli: Cli, path: string): Secret {
  const secret = readOrMakeSecret(path);
  warnIfExposed(cli, path);
  return { path, secret };
}

function warnIfExposed(cli: Cli, path: string): void {
  if (isExposed(path))
    cli.terminal.err(`nomad-rdma: others can read the secret ${path}; correct it with: chmod 600 ${path}`);
}
