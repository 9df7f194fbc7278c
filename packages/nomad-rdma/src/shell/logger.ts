import { type Logger, pino } from "pino";

const levels = ["warn", "info", "debug"] as const;

/** A log on stderr in JSON lines: at `warn`, each `-v` one level more. */
export function makeLogger(name: string, verbose: number): Logger {
  const level = levels[Math.min(verbose, levels.length - 1)] ?? "warn";
  return pino({ name, level, base: { name } }, pino.destination({ fd: 2, sync: true }));
}
