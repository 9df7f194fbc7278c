import { type ErrorCode, NomadError } from "@nomad/base";

/** Errors of the operating system that an operator can do something about. */
const systemErrors: Readonly<Record<string, { code: ErrorCode; what: string }>> = {
  EADDRINUSE: { code: "E_CONFIG", what: "the address is in use by another process" },
  EADDRNOTAVAIL: { code: "E_CONFIG", what: "this machine does not have the address" },
  EACCES: { code: "E_CONFIG", what: "permission denied" },
  ENOENT: { code: "E_CONFIG", what: "no such file" },
  EISDIR: { code: "E_CONFIG", what: "a directory is no file" },
};

/** An error as the CLI reports it, with `--json` and without. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly message: string;
  readonly nextStep: string;
}

/** Anything that was thrown, as an error with a code. What has none is a bug: it keeps its stack. */
export function reportOf(thrown: unknown): ErrorReport {
  const error = asNomadError(thrown);
  return { code: error.code, message: error.message, nextStep: error.nextStep };
}

/** Two lines: what happened, and what to do. */
export function errorText(report: ErrorReport): string {
  return `nomad-rdma: ${report.code}: ${report.message}\n  next: ${report.nextStep}`;
}

function asNomadError(thrown: unknown): NomadError {
  if (thrown instanceof NomadError) return thrown;
  if (!(thrown instanceof Error)) return new NomadError("E_INTERNAL", String(thrown));
  const known = "code" in thrown && typeof thrown.code === "string" ? systemErrors[thrown.code] : undefined;
  if (known) return new NomadError(known.code, `${known.what}: ${thrown.message}`, { cause: thrown });
  return new NomadError("E_INTERNAL", thrown.stack ?? thrown.message, { cause: thrown });
}
