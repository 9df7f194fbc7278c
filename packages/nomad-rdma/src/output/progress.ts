/** Where progress is shown. */
export interface ProgressOutput {
  readonly write: (text: string) => void;
  /** On a terminal what is passing is written over; elsewhere every line stays. */
  readonly isTty: boolean;
  /** Milliseconds of any clock. */
  readonly now: () => number;
}

/** Lines about a run while it runs, each with the seconds since it began. */
export class Progress {
  readonly #output: ProgressOutput;
  readonly #began: number;
  #passing = false;

  constructor(output: ProgressOutput) {
    this.#output = output;
    this.#began = output.now();
  }

  /** Shows what holds for the moment: the next line takes its place on a terminal. */
  passing(text: string): void {
    if (!this.#output.isTty) {
      this.note(text);
      return;
    }
    this.#output.write(`\r\x1b[K${this.#stamp()} ${text}`);
    this.#passing = true;
  }

  /** Shows a line that stays. */
  note(text: string): void {
    this.#output.write(`${this.#passing ? "\r\x1b[K" : ""}${this.#stamp()} ${text}\n`);
    this.#passing = false;
  }

  /** Takes away what was passing. */
  clear(): void {
    if (this.#passing) this.#output.write("\r\x1b[K");
    this.#passing = false;
  }

  #stamp(): string {
    const seconds = (this.#output.now() - this.#began) / 1000;
    return `[${seconds.toFixed(1).padStart(5)} s]`;
  }
}
