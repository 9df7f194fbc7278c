import { PAGE_BYTES } from "@nomad/abi";
import { planted } from "@nomad/base";
import type { BulkFrame, BulkHeader } from "./bulk-frame.ts";
import { firstGuestPage } from "./page-hasher.ts";

/** What a frame led to: an answer to send, nothing, or why the frame is refused. */
export type Reception = { readonly answer: BulkHeader | null } | { readonly refusal: string };

const nothing: Reception = { answer: null };

/** The destination's side of one move: puts pages where they belong, and takes only frames that are due. */
export class PageReceiver {
  readonly #memory: Uint8Array;
  #round = 0;
  #sequence = 0;
  #pagesInRound = 0;

  /** `memory`: all of the guest's, all zero. */
  constructor(memory: Uint8Array) {
    this.#memory = memory;
  }

  receive(frame: BulkFrame): Reception {
    if (planted("late-page") && frame.type === "pages" && frame.sequence < this.#sequence) return this.#apply(frame);
    if (frame.round !== this.#round) return { refusal: `a frame of round ${frame.round} in round ${this.#round}` };
    if (frame.sequence !== this.#sequence) {
      return { refusal: `frame ${frame.sequence}, when ${this.#sequence} was due` };
    }
    switch (frame.type) {
      case "pages":
        return this.#apply(frame);
      case "round-end":
        return this.#end(frame);
      case "applied":
        return { refusal: "an answer from a source" };
    }
  }

  #apply(frame: BulkFrame): Reception {
    const stray = frame.pages.find((page) => page < firstGuestPage || page >= this.#memory.length / PAGE_BYTES);
    if (stray !== undefined) return { refusal: `page ${stray} is not the guest's` };
    for (const [i, page] of frame.pages.entries()) {
      frame.data.copy(this.#memory, page * PAGE_BYTES, i * PAGE_BYTES, (i + 1) * PAGE_BYTES);
    }
    this.#sequence++;
    this.#pagesInRound += frame.count;
    return nothing;
  }

  #end(frame: BulkFrame): Reception {
    if (frame.count !== this.#pagesInRound) {
      return { refusal: `a round of ${frame.count} pages, of which ${this.#pagesInRound} came` };
    }
    const answer: BulkHeader = {
      type: "applied",
      move: frame.move,
      round: frame.round,
      sequence: frame.round,
      count: frame.count,
    };
    this.#sequence++;
    this.#round++;
    this.#pagesInRound = 0;
    return { answer };
  }
}
