import { type DestinationStream, type Logger, pino } from "pino";
import { readableLogLine } from "../lab/log-line.ts";

const levels = ["warn", "info", "debug"] as const;

/** For a person who looks on: the time of day in front, and each line as words. */
const readable: DestinationStream = {
  write: (line) =>
    void process.stderr.write(`${new Date().toISOString().slice(11, 23)} ${readableLogLine(line.trimEnd())}\n`),
};

/** A log on stderr, an event a line: words on a terminal, else JSON. At `warn`, each `-v` one level more. */
export function makeLogger(name: string, verbose: number): Logger {
  const level = levels[Math.min(verbose, levels.length - 1)] ?? "warn";
  return pino(
    { name, level, base: { name } },
    process.stderr.isTTY ? readable : pino.destination({ fd: 2, sync: true }),
  );
}
