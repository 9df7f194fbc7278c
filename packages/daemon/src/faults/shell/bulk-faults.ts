import { Random } from "@nomad/base";
import { FaultBook, type FaultHits, type StandingFault } from "@nomad/wire";
import { realClock } from "../../shell/real-clock.ts";
import { FaultyFrames } from "../faulty-frames.ts";

/** The faults that strike the pages of moving guests, in the thread that carries them. */
export class BulkFaults {
  readonly #name: string;
  readonly #book: FaultBook;

  /** `name`: this host's. */
  constructor(name: string) {
    this.#name = name;
    this.#book = new FaultBook(name, realClock);
  }

  /** These stand, and no others; answers what each of those before has hit here. */
  set(faults: readonly StandingFault[]): readonly FaultHits[] {
    const { hits } = this.#book;
    this.#book.set(faults);
    return hits;
  }

  /** What to do with the frames of a connection to `other`, for them to reach `deliver`. */
  from(other: string, deliver: (frame: Uint8Array) => void): (frame: Uint8Array) => void {
    const common = { rules: this.#book.rules, clock: realClock, random: new Random(0), to: this.#name };
    const frames = new FaultyFrames({ ...common, from: other }, deliver);
    return (frame) => frames.take(frame);
  }
}
