import { SEND_SIGNALED, WC_FETCH_ADD, WC_RECV, WC_SUCCESS, WR_ATOMIC_FETCH_AND_ADD, WR_SEND } from "@nomad/abi";
import { Random } from "@nomad/base";
import type { AdapterEvents } from "@nomad/daemon/host";
import { access, Context, connectToGuest, labPort, type MemoryRegion, type QueuePair } from "@nomad/verbs";
import { Connection, type EndAddress } from "../../connection.ts";
import { Driver } from "../../driver.ts";
import type { Program } from "../../guest.ts";
import { areaAt, dataBytes } from "../../programs/layout.ts";
import type { World } from "../../world.ts";

// A guest and a program that is none, at the two ends of a connection: numbered messages both ways, and atomics on a
// counter that the other end has.

const PSN = 100;
const counterAt = 0;
const resultAt = 8;
const numberAt = 64;
const receiveAt = (slot: number): number => 128 + 8 * slot;
const receives = 8;
const window = 6;
const everything = access.LOCAL_WRITE | access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC;

/** What one end has seen. */
export class Tally {
  /** Numbers of the messages that have come, in order. */
  readonly received: number[] = [];
  sent = 0;
  added = 0;
  /** WC_* of the completion that ended it, or null. */
  failed: number | string | null = null;

  /** So many messages, and each in its place. */
  get inOrder(): boolean {
    return this.received.every((number, i) => number === i);
  }
}

/** The guest, which ends when it is asked to. */
export function partner(own: string, peer: string, tally: Tally): Program {
  return function* (machine) {
    const end = new Connection(machine, new Driver(machine), areaAt(0), dataBytes);
    yield* end.open(own);
    const receive = (slot: number) => end.postRecv(BigInt(slot), end.data + receiveAt(slot), 8);
    for (let slot = 0; slot < receives; slot++) receive(slot);
    yield* end.connect(own, peer);
    let open = 0;
    while (!machine.shutdown || open > 0) {
      for (const { id, status, opcode } of end.cq.drain()) {
        if (status !== WC_SUCCESS) {
          tally.failed = status;
          return 1;
        }
        if (opcode === WC_RECV) {
          tally.received.push(machine.memory.view.getUint32(end.data + receiveAt(Number(id)), true));
          receive(Number(id));
        } else open--;
        if (opcode === WC_FETCH_ADD) tally.added++;
      }
      while (!machine.shutdown && open < window) {
        const wr = { id: 0n, flags: SEND_SIGNALED, compareAdd: 1n };
        const from = end.data + numberAt + 8 * (tally.sent % window);
        machine.memory.view.setUint32(from, tally.sent++, true);
        end.post({ ...wr, opcode: WR_SEND }, from, 8);
        end.post({ ...wr, opcode: WR_ATOMIC_FETCH_AND_ADD }, end.data + resultAt, 8, counterAt);
        open += 2;
      }
      yield 0.1;
    }
    return 0;
  };
}

/** The program at a port of its own, over `@nomad/verbs`. */
export class ProgramPeer {
  readonly tally = new Tally();
  readonly qp: QueuePair;
  readonly #world: World;
  readonly #context: Context;
  readonly #mr: MemoryRegion;
  readonly #cq: ReturnType<Context["createCq"]>;
  #guest: EndAddress = { vlid: 0, vqpn: 0, vkey: 0, data: 0 };
  #open = 0;
  #ending = false;

  constructor(world: World, port: string, raw: boolean) {
    this.#world = world;
    let events: AdapterEvents = { completionEvent: () => {}, asyncEvent: () => {} };
    const program: AdapterEvents = {
      completionEvent: (cqn) => events.completionEvent(cqn),
      asyncEvent: (event) => events.asyncEvent(event),
    };
    world.startHost(port, { program });
    world.until(`${port} has joined`, () => world.hostProcess(port).joined);
    this.#context = new Context({
      name: port,
      random: new Random(1),
      heapBytes: 1 << 20,
      makePort: (its) => {
        events = its;
        return labPort(world.host(port), world.hostProcess(port).process, raw);
      },
    });
    const pd = this.#context.allocPd();
    this.#cq = this.#context.createCq({ entries: 64 });
    this.qp = pd.createQp({ sendCq: this.#cq, recvCq: this.#cq, maxSendWr: 16, maxRecvWr: 16 });
    this.#mr = pd.regMr(this.#context.alloc(4096), everything);
  }

  /** Connects with the guest that publishes its address as `guest`, and talks from then on. */
  async connect(own: string, guest: string): Promise<void> {
    const { names, lid } = this.#context;
    const address: EndAddress = { vlid: lid, vqpn: this.qp.qpn, vkey: this.#mr.rkey, data: this.#mr.address };
    await this.#soon(names.publish(own, JSON.stringify(address)));
    this.#guest = JSON.parse(await this.#published(guest)) as EndAddress;
    const { vlid, vqpn } = this.#guest;
    const patience = { pathMtu: 1024, timeout: 12, maxRdAtomic: 4, maxDestRdAtomic: 4, minRnrTimer: 1 };
    await this.#soon(connectToGuest(this.qp, { vlid, vqpn, psn: PSN }, PSN, patience));
    for (let slot = 0; slot < receives; slot++) this.#receive(slot);
    await this.#soon(names.publish(`${own} can receive`, ""));
    await this.#published(`${guest} can receive`);
    this.#work();
  }

  async #published(key: string): Promise<string> {
    for (;;) {
      const value = await this.#soon(this.#context.names.lookup(key));
      if (value !== null) return value;
      this.#world.run(1);
    }
  }

  /** Lets virtual time pass until it has settled. */
  async #soon<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const settle = () => {
      settled = true;
    };
    promise.then(settle, settle);
    while (!settled) {
      this.#world.run(1);
      await undefined;
    }
    return promise;
  }

  #receive(slot: number): void {
    this.qp.postRecv({ wrId: slot, sgList: [this.#mr.sge(receiveAt(slot), 8)] });
  }

  #work(): void {
    this.#poll();
    while (this.tally.failed === null && !this.#ending && this.#open < window) this.#post();
    this.#world.hostProcess(this.#context.name).process.after(0.1, () => this.#work());
  }

  #poll(): void {
    const { bytes } = this.#context.heap.memory;
    for (const wc of this.#cq.poll()) {
      if (wc.status !== "WC_SUCCESS") this.tally.failed ??= wc.status;
      else if (wc.opcode === "WC_RECV") {
        const at = this.#mr.address + receiveAt(wc.wrId);
        this.tally.received.push(new DataView(bytes.buffer).getUint32(at, true));
        this.#receive(wc.wrId);
      } else this.#open--;
      if (wc.status === "WC_SUCCESS" && wc.opcode === "WC_FETCH_ADD") this.tally.added++;
    }
  }

  #post(): void {
    const { vkey: rkey, data } = this.#guest;
    const number = numberAt + 8 * (this.tally.sent % window);
    this.#context.heap.memory.view.setUint32(this.#mr.address + number, this.tally.sent++, true);
    this.qp.postSend({ opcode: "WR_SEND", sgList: [this.#mr.sge(number, 8)] });
    const remote = { remoteAddress: data + counterAt, rkey };
    this.qp.postSend({ opcode: "WR_ATOMIC_FETCH_AND_ADD", add: 1n, sgList: [this.#mr.sge(resultAt, 8)], ...remote });
    this.#open += 2;
  }

  /** Posts nothing more. */
  end(): void {
    this.#ending = true;
  }

  /** Of what it has posted, nothing is under way. */
  get idle(): boolean {
    return this.#open === 0;
  }

  /** What the guest has added to its counter. */
  get counter(): number {
    return Number(this.#context.heap.memory.view.getBigUint64(this.#mr.address + counterAt, true));
  }
}
