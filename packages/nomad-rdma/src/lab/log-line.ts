import * as z from "zod";

const levels: Readonly<Record<number, string>> = {
  10: "trace",
  20: "debug",
  30: "info",
  40: "warn",
  50: "error",
  60: "fatal",
};

const pinoLine = z.looseObject({ level: z.number(), msg: z.string().default("") });

/** Fields that say nothing new beside the daemon's name, or that stand elsewhere in the line. */
const left = new Set(["level", "msg", "time", "name", "role", "pid", "hostname"]);

/** A line of a daemon's log (JSON, as pino writes it) for people; any other line stays as it is. */
export function readableLogLine(line: string): string {
  const parsed = pinoLine.safeParse(tryJson(line));
  if (!parsed.success) return line;
  const { level, msg } = parsed.data;
  const fields = Object.entries(parsed.data)
    .filter(([key]) => !left.has(key))
    .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [levels[level] ?? String(level), msg, ...fields].filter((part) => part !== "").join(" ");
}

function tryJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
