import { NomadError } from "@nomad/base";
import type { TlsIdentity } from "@nomad/wire/tls";
import type { Cli, Globals } from "../../cli.ts";
import { readIfThere } from "./nomad-directory.ts";

/** Paths of PEM files, each where it was named. */
export type TlsFiles = { readonly [File in keyof TlsIdentity]: string | undefined };

/** From flags, else from the environment. */
export function tlsFiles({ environment }: Pick<Cli, "environment">, globals: Globals): TlsFiles {
  return {
    cert: globals.tlsCert ?? environment.NOMAD_TLS_CERT,
    key: globals.tlsKey ?? environment.NOMAD_TLS_KEY,
    ca: globals.tlsCa ?? environment.NOMAD_TLS_CA,
  };
}

/** What a daemon speaks TLS with; undefined when no file is named. Throws E_CONFIG when one is missing or cannot be read. */
export function tlsIdentity(files: TlsFiles): TlsIdentity | undefined {
  const { cert, key, ca } = files;
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined || ca === undefined)
    throw new NomadError("E_CONFIG", "TLS takes all three of --tls-cert, --tls-key and --tls-ca");
  return { cert: read(cert), key: read(key), ca: read(ca) };
}

/** The authority by which a client knows central; undefined for those that the system knows. */
export function labAuthority({ ca }: TlsFiles): string | undefined {
  return ca === undefined ? undefined : read(ca);
}

function read(path: string): string {
  const text = readIfThere(path);
  if (text?.includes("-----BEGIN ")) return text;
  throw new NomadError("E_CONFIG", text === undefined ? `there is no file ${path}` : `${path} is no PEM file`);
}
