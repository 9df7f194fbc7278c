import { plain } from "../output/style.ts";
import type { Terminal } from "../shell/terminal.ts";

/** A terminal that remembers what was written; it is no TTY. */
export class RecordedTerminal implements Terminal {
  readonly outLines: string[] = [];
  readonly errLines: string[] = [];
  readonly outIsTty = false;
  readonly errIsTty = false;
  readonly outStyle = plain;
  readonly errStyle = plain;

  out(text: string): void {
    this.outLines.push(text);
  }

  err(text: string): void {
    this.errLines.push(text);
  }

  rawErr(text: string): void {
    this.errLines.push(text);
  }

  clear(): void {}
}
