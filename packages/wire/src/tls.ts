import { NomadError } from "@nomad/base";

/** How a process proves who it is by TLS, and whom it believes. PEM text. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
  /** Of the authority that has signed the certificates of all the lab's processes. */
  readonly ca: string;
}

/** The scheme of a WebSocket's URL. */
export const schemeOf = (tls: TlsIdentity | undefined): "ws" | "wss" => (tls === undefined ? "ws" : "wss");

/** As TLS reports that the other side's certificate is not to be believed. */
const certificateErrors = /CERT|SIGNATURE|SELF_SIGNED|ALTNAME|UNKNOWN_CA|ISSUER/;

/** E_AUTH when a connection failed because of a certificate, else null. */
export function certificateError(url: string, cause: (Error & { code?: string }) | undefined): NomadError | null {
  if (cause === undefined || !certificateErrors.test(cause.code ?? "")) return null;
  return new NomadError("E_AUTH", `${url} has no certificate of this lab's authority: ${cause.message}`, { cause });
}
