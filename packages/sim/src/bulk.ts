import { createHash } from "node:crypto";
import { PAGE_BYTES, VMM_PAGE_BYTES } from "@nomad/abi";
import { type Clock, NomadError, unreachable, type VLid } from "@nomad/base";
import type { Settle } from "@nomad/daemon/host";
import type { BulkAction, Round } from "@nomad/protocol";
import { settled } from "./machines.ts";

/** What a page takes on its way, and anything else, ms of virtual time. */
const pageMs = 0.0005;
const actionMs = 0.1;

type Outgoing = { readonly memory: Uint8Array; readonly sent: Uint8Array; readonly to: Uint8Array };

/** A host's end of the bulk links in a simulation: pages are copied from memory to memory. */
export class Bulk {
  readonly #clock: Clock;
  readonly #url: string;
  /** Memory that waits for pages, by the URL and the move: shared by all hosts. */
  readonly #expected: Map<string, Uint8Array>;
  readonly #memory: (vlid: VLid) => Uint8Array;
  readonly #outgoing = new Map<string, Outgoing>();

  constructor(o: { clock: Clock; url: string; expected: Map<string, Uint8Array>; memory: (vlid: VLid) => Uint8Array }) {
    this.#clock = o.clock;
    this.#url = o.url;
    this.#expected = o.expected;
    this.#memory = o.memory;
  }

  perform(move: string, action: BulkAction, done: Settle): void {
    const result = settled(() => this.#perform(move, action));
    const pages = action.do === "round" && "value" in result ? (result.value as Round).pages : 0;
    this.#clock.after(actionMs + pages * pageMs, () => done(result));
  }

  #perform(move: string, action: BulkAction): unknown {
    switch (action.do) {
      case "expect":
        this.#expected.set(`${this.#url} ${move}`, this.#memory(action.vlid));
        return this.#url;
      case "open":
        return this.#open(move, action.url, this.#memory(action.vlid));
      case "round":
        return this.#round(move, action);
      case "digest":
        return digest(this.#expected.get(`${this.#url} ${move}`) ?? new Uint8Array());
      case "forget":
        this.#outgoing.delete(move);
        return void this.#expected.delete(`${this.#url} ${move}`);
      default:
        return unreachable(action);
    }
  }

  #open(move: string, url: string, memory: Uint8Array): void {
    const to = this.#expected.get(`${url} ${move}`);
    if (!to) throw new NomadError("E_UNREACHABLE", `${url} expects no pages of move ${move}`);
    this.#outgoing.set(move, { memory, to, sent: new Uint8Array(memory.length) });
  }

  #round(move: string, o: { readonly final: boolean; readonly flipPage: boolean }): Round {
    const outgoing = this.#outgoing.get(move);
    if (!outgoing) throw new NomadError("E_STATE", `no pages of move ${move} are sent from here`);
    const { memory, sent, to } = outgoing;
    let pages = 0;
    for (let at = VMM_PAGE_BYTES; at < memory.length; at += PAGE_BYTES) {
      const page = memory.subarray(at, at + PAGE_BYTES);
      if (Buffer.compare(page, sent.subarray(at, at + PAGE_BYTES)) === 0) continue;
      sent.set(page, at);
      to.set(page, at);
      pages++;
    }
    if (o.flipPage) to[VMM_PAGE_BYTES] = (to[VMM_PAGE_BYTES] ?? 0) ^ 1;
    return { pages, bytes: pages * PAGE_BYTES, digest: o.final ? digest(memory) : null };
  }
}

function digest(memory: Uint8Array): string {
  return createHash("sha256").update(memory.subarray(VMM_PAGE_BYTES)).digest("hex");
}
