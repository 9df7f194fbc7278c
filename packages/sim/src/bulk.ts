import { PAGE_BYTES, PROGRAM_BASE } from "@nomad/abi";
import { type Clock, NomadError, unreachable, type VirtualClock, type VLid } from "@nomad/base";
import { type BulkFrame, PageReceiver } from "@nomad/daemon/bulk";
import type { Settle } from "@nomad/daemon/host";
import type { BulkAction, Round } from "@nomad/protocol";
import type { Injection } from "@nomad/protocol/http";
import type { FaultRules } from "@nomad/wire";
import { digestOf } from "./digest.ts";
import { settled } from "./machines.ts";

/** What a page takes on its way, and anything else, ms of virtual time. */
const pageMs = 0.002;
const actionMs = 0.1;

/** Simulated guests have nothing below: it is neither compared nor sent. */
const firstPage = PROGRAM_BASE / PAGE_BYTES;

interface Outgoing {
  readonly memory: Uint8Array;
  readonly sent: Uint8Array;
  readonly to: PageReceiver;
  round: number;
  sequence: number;
}

/** The bulk links between all hosts: memory that waits for pages, by URL and move. Pages may come again, and late. */
export class BulkNetwork {
  readonly expected = new Map<string, { readonly memory: Uint8Array; readonly receiver: PageReceiver }>();
  readonly #clock: VirtualClock;
  readonly #rules: FaultRules;

  constructor(clock: VirtualClock, rules: FaultRules) {
    this.#clock = clock;
    this.#rules = rules;
  }

  /** A frame arrives; a duplicate of it later. What a receiver refuses is of no effect. */
  deliver(from: string, to: string, receiver: PageReceiver, frame: BulkFrame): void {
    receiver.receive(frame);
    const fate = this.#rules.judge("bulk", from, to);
    if (fate.kind === "duplicate") this.#clock.after(fate.ms, () => receiver.receive(frame));
  }
}

/** A host's end of the bulk links in a simulation. */
export class Bulk {
  readonly #o: {
    readonly clock: Clock;
    readonly url: string;
    readonly network: BulkNetwork;
    readonly memory: (vlid: VLid) => Uint8Array;
  };
  readonly #outgoing = new Map<string, Outgoing>();

  constructor(o: { clock: Clock; url: string; network: BulkNetwork; memory: (vlid: VLid) => Uint8Array }) {
    this.#o = o;
  }

  perform(move: string, action: BulkAction, done: Settle): void {
    const result = settled(() => this.#perform(move, action));
    const pages = action.do === "round" && "value" in result ? (result.value as Round).pages : 0;
    this.#o.clock.after(actionMs + pages * pageMs, () => done(result));
  }

  #perform(move: string, action: BulkAction): unknown {
    const { network, url, memory } = this.#o;
    const key = `${url} ${move}`;
    switch (action.do) {
      case "expect": {
        const bytes = memory(action.vlid);
        network.expected.set(key, { memory: bytes, receiver: new PageReceiver(bytes) });
        return url;
      }
      case "open":
        return this.#open(move, action.url, memory(action.vlid));
      case "round":
        return this.#round(move, action);
      case "digest":
        return digestOf(network.expected.get(key)?.memory ?? new Uint8Array());
      case "forget":
        this.#outgoing.delete(move);
        return void network.expected.delete(key);
      default:
        return unreachable(action);
    }
  }

  #open(move: string, url: string, memory: Uint8Array): void {
    const to = this.#o.network.expected.get(`${url} ${move}`);
    if (!to) throw new NomadError("E_UNREACHABLE", `${url} expects no pages of move ${move}`);
    const sent = new Uint8Array(memory.length);
    this.#outgoing.set(move, { memory, to: to.receiver, sent, round: 0, sequence: 0 });
  }

  #round(move: string, o: { readonly final: boolean; readonly inject: Injection | null }): Round {
    const outgoing = this.#outgoing.get(move);
    if (!outgoing) throw new NomadError("E_STATE", `no pages of move ${move} are sent from here`);
    const pages = changedPages(outgoing);
    if (pages.length > 0) this.#send(outgoing, move, "pages", pages, o.inject === "flip-page");
    this.#send(outgoing, move, "round-end", pages, false);
    outgoing.round++;
    const digest = o.final ? digestOf(outgoing.memory) : null;
    return { pages: pages.length, bytes: pages.length * PAGE_BYTES, digest };
  }

  #send(outgoing: Outgoing, move: string, type: "pages" | "round-end", pages: readonly number[], flip: boolean): void {
    const data = Buffer.concat(
      type === "pages" ? pages.map((page) => outgoing.sent.subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES)) : [],
    );
    if (flip) data[0] = (data[0] as number) ^ 1;
    const { round, sequence } = outgoing;
    const frame: BulkFrame = { type, move, round, sequence, count: pages.length, pages, data };
    outgoing.sequence++;
    this.#o.network.deliver(this.#o.url, move, outgoing.to, frame);
  }
}

/** Pages that differ from what was sent last; as sent from now on. */
function changedPages({ memory, sent }: Outgoing): number[] {
  const changed: number[] = [];
  for (let page = firstPage; page < memory.length / PAGE_BYTES; page++) {
    const [from, to] = [page * PAGE_BYTES, (page + 1) * PAGE_BYTES];
    const now = memory.subarray(from, to);
    if (Buffer.compare(now, sent.subarray(from, to)) === 0) continue;
    sent.set(now, from);
    changed.push(page);
  }
  return changed;
}
