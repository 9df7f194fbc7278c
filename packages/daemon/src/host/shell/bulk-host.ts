import { unreachable, type VLid } from "@nomad/base";
import type { BulkAction, Copied } from "@nomad/protocol";
import type { BulkThread } from "../../bulk/shell/bulk-thread.ts";

/** The bulk thread, as the coordinator asks for it. */
export class BulkHost {
  readonly #thread: BulkThread;
  readonly #url: string;
  readonly #memory: (vlid: VLid) => WebAssembly.Memory;
  readonly #onCopying: (move: string, copied: Copied) => void;

  /** `onCopying` is told now and then while a round is under way. */
  constructor(
    thread: BulkThread,
    url: string,
    memory: (vlid: VLid) => WebAssembly.Memory,
    onCopying: (move: string, copied: Copied) => void,
  ) {
    this.#onCopying = onCopying;
    this.#thread = thread;
    this.#url = url;
    this.#memory = memory;
  }

  async perform(move: string, action: BulkAction): Promise<unknown> {
    switch (action.do) {
      case "expect":
        await this.#thread.expect(move, this.#memory(action.vlid));
        return this.#url;
      case "open":
        return this.#thread.open(move, action.url, this.#memory(action.vlid));
      case "round": {
        const { round, final, inject, bytesPerSecondMax } = action;
        const options = { round, final, inject, bytesPerSecondMax };
        return this.#thread.round(move, options, (progress) => this.#onCopying(move, progress));
      }
      case "digest":
        return this.#thread.digest(move);
      case "forget":
        return this.#thread.forget(move);
      default:
        return unreachable(action);
    }
  }
}
