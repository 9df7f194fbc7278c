import { unreachable, type VLid } from "@nomad/base";
import type { BulkAction } from "@nomad/protocol";
import type { BulkThread } from "../../bulk/shell/bulk-thread.ts";

/** The bulk thread, as the coordinator asks for it. */
export class BulkHost {
  readonly #thread: BulkThread;
  readonly #url: string;
  readonly #memory: (vlid: VLid) => WebAssembly.Memory;

  constructor(thread: BulkThread, url: string, memory: (vlid: VLid) => WebAssembly.Memory) {
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
      case "round":
        return this.#thread.round(move, { round: action.round, final: action.final, flipPage: action.flipPage });
      case "digest":
        return this.#thread.digest(move);
      case "forget":
        return this.#thread.forget(move);
      default:
        return unreachable(action);
    }
  }
}
