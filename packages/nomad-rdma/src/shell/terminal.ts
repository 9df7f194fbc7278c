import { makeStyle, type Style } from "../output/style.ts";

/** Where the CLI writes: results to `out`, everything else to `err`. Texts get their newline here. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** Writes as it is, for lines that are written over. */
  rawErr(text: string): void;
  /** Clears the screen of `out`, when it is one. */
  clear(): void;
  readonly outIsTty: boolean;
  readonly errIsTty: boolean;
  readonly outStyle: Style;
  readonly errStyle: Style;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const colour = process.env.NO_COLOR === undefined;
  const outIsTty = process.stdout.isTTY === true;
  const errIsTty = process.stderr.isTTY === true;
  // A reader that has gone away (`| head`) is no reason to crash.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    rawErr: (text) => process.stderr.write(text),
    clear: () => {
      if (outIsTty) process.stdout.write("\x1b[H\x1b[2J");
    },
    outIsTty,
    errIsTty,
    outStyle: makeStyle(colour && outIsTty),
    errStyle: makeStyle(colour && errIsTty),
  };
}
