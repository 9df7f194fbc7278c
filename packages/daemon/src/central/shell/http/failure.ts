import { type ErrorCode, NomadError } from "@nomad/base";
import type { ErrorBody } from "@nomad/protocol/http";
import type { Logger } from "pino";

const statusOf: Partial<Record<ErrorCode, 400 | 401 | 404 | 409 | 413 | 503 | 504>> = {
  E_USAGE: 400,
  E_MESSAGE: 400,
  E_AUTH: 401,
  E_NO_GUEST: 404,
  E_NO_HOST: 404,
  E_IMAGE: 404,
  E_BUSY: 409,
  E_STATE: 409,
  E_TOO_LARGE: 413,
  E_HOST_LOST: 503,
  E_UNREACHABLE: 503,
  E_TIMEOUT: 504,
};

/** The answer that tells of an error; the status is that of its code when none is given. */
export function failure(error: NomadError, status?: number): Response {
  const body: ErrorBody = { error: { code: error.code, message: error.message, nextStep: error.nextStep } };
  return Response.json(body, { status: status ?? statusOf[error.code] ?? 500 });
}

/** The same for whatever was thrown. What is no NomadError is a bug, and logged. */
export function failureOf(error: Error, log: Logger): Response {
  if (error instanceof NomadError) return failure(error);
  log.error(error);
  return failure(new NomadError("E_INTERNAL", error.message, { cause: error }));
}
