import { type ErrorCode, NomadError } from "@nomad/base";
import { isErrorCode } from "@nomad/protocol/client";
import { failure } from "@nomad/protocol/http";
import * as z from "zod";

/** The one line that a daemon prints on stdout when others may connect. */
export const readyLine = z.object({
  ready: z.literal(true),
  role: z.enum(["central", "host"]),
  name: z.string(),
  url: z.string(),
  pid: z.number().int(),
});
export type ReadyLine = z.infer<typeof readyLine>;

const failureLine = z.object({ ok: z.literal(false), error: failure });
const firstLine = z.union([readyLine, failureLine]);

/** Reads a daemon's first line. Fails with the error that the daemon prints instead of being ready. */
export function parseReadyLine(line: string, who: string): ReadyLine {
  const parsed = firstLine.safeParse(tryJson(line));
  if (!parsed.success) throw new NomadError("E_INTERNAL", `${who} is not ready but prints ${JSON.stringify(line)}`);
  if ("ready" in parsed.data) return parsed.data;
  const { code, message } = parsed.data.error;
  const known: ErrorCode = isErrorCode(code) ? code : "E_INTERNAL";
  throw new NomadError(known, `${who} did not start: ${message}`);
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
