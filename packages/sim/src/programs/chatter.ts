import { PROGRAM_BASE, SEND_SIGNALED, VMM_VLID, WC_RECV, WC_SUCCESS, WR_SEND } from "@nomad/abi";
import { Connection, queuesBytes } from "../connection.ts";
import { Driver } from "../driver.ts";
import type { Machine, Program } from "../guest.ts";

const messageBytes = 1024;
const receives = 8;
const receiveAt = (n: number): number => messageBytes * (n % receives);
const sendAt = messageBytes * receives;
const dataBytes = sendAt + messageBytes;
const areaBytes = queuesBytes + Math.ceil(dataBytes / 4096) * 4096;

export interface Chatter {
  readonly own: string;
  readonly peers: readonly string[];
  /** Between two looks at its queues, in each of which it sends to some of its peers. */
  readonly restMs: number;
  readonly sendsAtOnce: number;
  readonly reportMs: number;
}

/** Memory that a chatter with so many peers needs of its own. */
export const chatterBytes = (peers: number): number => peers * areaBytes;

/** One connection: what was sent, and what has come. */
class Chat {
  readonly peer: string;
  readonly end: Connection;
  #sent = 0;
  #completed = 0;
  #delivered = 0;
  #status = WC_SUCCESS;

  constructor(machine: Machine, driver: Driver, at: number, peer: string) {
    this.peer = peer;
    this.end = new Connection(machine, driver, at, dataBytes);
  }

  prepare(): void {
    for (let i = 0; i < receives; i++) this.#postReceive(i);
  }

  #postReceive(slot: number): void {
    this.end.postRecv(BigInt(slot), this.end.data + receiveAt(slot), messageBytes);
  }

  poll(): void {
    for (const wc of this.end.cq.drain()) {
      if (wc.status !== WC_SUCCESS) this.#status ||= wc.status;
      else if (wc.opcode === WC_RECV) {
        this.#delivered++;
        this.#postReceive(Number(wc.id));
      } else this.#completed++;
    }
  }

  send(): void {
    if (this.#status !== WC_SUCCESS || this.#sent - this.#completed >= receives) return;
    const wr = { id: BigInt(this.#sent++), flags: SEND_SIGNALED, opcode: WR_SEND };
    this.end.post(wr, this.end.data + sendAt, messageBytes);
  }

  report(): object {
    const none = { lost: 0, duplicated: 0, reordered: 0, corrupted: 0 };
    return {
      ...{ peer: this.peer, status: this.#status === WC_SUCCESS ? "ok" : String(this.#status), ...none },
      ...{ sent: this.#sent, delivered: this.#delivered, bytes: this.#sent * messageBytes },
    };
  }
}

/** A guest with many connections and little to say on each, which reports now and then, as the programs of a real lab do. */
export function chatter({ own, peers, restMs, sendsAtOnce, reportMs }: Chatter): Program {
  return function* (machine) {
    const driver = new Driver(machine, restMs);
    const chats = peers.map((peer, i) => new Chat(machine, driver, PROGRAM_BASE + i * areaBytes, peer));
    for (const { end, peer } of chats) yield* end.open(`${own} for ${peer}`);
    for (const chat of chats) chat.prepare();
    for (const { end, peer } of chats) yield* end.ready(`${own} for ${peer}`, `${peer} for ${own}`);
    // Only now: one after the other, each would wait for the next around the circle of them.
    for (const { end, peer } of chats) yield* end.met(`${peer} for ${own}`);
    const looksPerReport = Math.round(reportMs / restMs);
    // Not all in one moment: by its number each guest has a time of its own.
    let look = machine.memory.view.getUint32(VMM_VLID, true) % looksPerReport;
    for (; !machine.shutdown; look++) {
      for (const chat of chats) chat.poll();
      for (let i = 0; i < sendsAtOnce; i++) chats[(look * sendsAtOnce + i) % chats.length]?.send();
      if (look % looksPerReport === 0)
        yield* driver.report({ guest: own, connections: chats.map((chat) => chat.report()) });
      yield restMs;
    }
    return 0;
  };
}
