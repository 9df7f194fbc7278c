import { type ErrorCode, NomadError } from "@nomad/base";

/** WebSocket close codes by which one side tells the other why it ends a connection. */
const closeCodes = {
  E_TOO_LARGE: 1009,
  E_MESSAGE: 4400,
  E_AUTH: 4401,
  E_FRAME: 4402,
  E_TIMEOUT: 4408,
  E_STATE: 4409,
  E_CONFIG: 4422,
  E_VERSION: 4426,
  E_BUSY: 4429,
  E_INTERNAL: 4500,
} as const satisfies Partial<Record<ErrorCode, number>>;

const reasonBytesMax = 123;

export function closeCodeOf(error: NomadError): number {
  return (closeCodes as Partial<Record<ErrorCode, number>>)[error.code] ?? closeCodes.E_INTERNAL;
}

/** The message, cut to what a WebSocket close frame can carry. */
export function closeReasonOf(error: NomadError): string {
  let reason = error.message.slice(0, reasonBytesMax);
  while (Buffer.byteLength(reason) > reasonBytesMax) reason = reason.slice(0, -1);
  return reason;
}

/** What the other side's close code means; undefined when it went in order. */
export function closeError(code: number, reason: string): NomadError | undefined {
  if (code === 1000 || code === 1001) return undefined;
  const known = Object.entries(closeCodes).find(([, closeCode]) => closeCode === code)?.[0] as ErrorCode | undefined;
  if (known) return new NomadError(known, `the other side refused: ${reason || known}`);
  return new NomadError("E_UNREACHABLE", `the connection broke (${code})`);
}

/** What an error of a WebSocket means. */
export function socketError(cause: Error & { code?: string }): NomadError {
  const code = cause.code ?? "";
  if (code === "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH") return new NomadError("E_TOO_LARGE", cause.message, { cause });
  if (code.startsWith("WS_ERR")) return new NomadError("E_FRAME", cause.message, { cause });
  return new NomadError("E_UNREACHABLE", `the connection broke: ${cause.message}`, { cause });
}
