import { createServer } from "node:net";
import { defaults } from "@nomad/base";
import type { Cli, Globals } from "../../cli.ts";
import { reportOf } from "../../output/error-text.ts";
import { plural } from "../../output/format.ts";
import { isFile } from "../../settings/shell/nomad-directory.ts";
import { isExposed } from "../../settings/shell/secret.ts";
import { connectToLab, nearestLab, secretPath } from "../../shell/lab-connection.ts";
import { packageVersion } from "../../shell/version.ts";
import type { Finding } from "../finding.ts";

/** May its owner alone read the lab's secret? */
export function checkSecret(cli: Cli, globals: Globals): Finding {
  const check = "secret";
  const path = secretPath(cli, globals);
  if (!isFile(path)) return { check, level: "ok", found: "none yet: the first lab makes it" };
  if (!isExposed(path)) return { check, level: "ok", found: path };
  return { check, level: "fail", found: `others can read ${path}`, next: `chmod 600 ${path}` };
}

/** Does the lab answer, with our version and all its hosts? That there is none is fine unless one was named. */
export async function checkLab(cli: Cli, globals: Globals): Promise<Finding> {
  const check = "lab";
  try {
    const client = connectToLab(cli, globals);
    const { central, hosts } = await client.status();
    const found = `${client.url}, version ${central.version}, ${plural(hosts.length, "host")}`;
    const down = hosts.filter(({ state }) => state !== "up").map(({ name }) => name);
    if (down.length > 0)
      return { check, level: "warn", found: `${found}; not up: ${down.join(", ")}`, next: "start them" };
    if (central.version === packageVersion()) return { check, level: "ok", found };
    return { check, level: "warn", found, next: `this is version ${packageVersion()}: run the same on both sides` };
  } catch (error) {
    const { code, message, nextStep } = reportOf(error);
    if (code === "E_NO_LAB" && !isNamed(cli, globals)) return { check, level: "ok", found: "none runs" };
    return { check, level: "fail", found: `${code}: ${message}`, next: nextStep };
  }
}

/** Could `lab up` listen where it does by default? */
export async function checkPort(): Promise<Finding> {
  const port = defaults.centralPort;
  const finding = { check: "port", found: `${port} is free` } as const;
  if (await isFree(port)) return { ...finding, level: "ok" };
  const next = "use the lab that is there, or start another with `lab up --port 0`";
  return { ...finding, level: "warn", found: `${port} is in use`, next };
}

function isNamed(cli: Cli, globals: Globals): boolean {
  return Boolean(globals.lab ?? cli.environment.NOMAD_LAB) || nearestLab(cli.cwd) !== undefined;
}

function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer();
  server.once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
