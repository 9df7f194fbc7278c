import { GRH_BYTES } from "@nomad/abi";
import { assert, Random, type VirtualClock } from "@nomad/base";
import type { WorkCompletion } from "@nomad/verbs";
import { TestFabric } from "@nomad/verbs/testing";
import { everything, FaultRules } from "@nomad/wire";
import { type End, type Expected, type LooseWrite, RECEIVE_IDS, RECEIVES, SLOT_BYTES, SLOTS } from "./end.ts";
import { Site } from "./site.ts";

const SITES = 3;
const CHANCE = 0.01;
const kinds = ["drop", "duplicate", "reorder", "delay", "corrupt"] as const;

/** Adapters on a fabric that is out of order, the model of all that is in them, and the dice. */
export class World implements Disposable {
  readonly random: Random;
  readonly fabric: TestFabric;
  readonly sites: readonly Site[];
  readonly #rules: FaultRules;
  #restore: (() => void)[] = [];
  #afterwards: (() => void)[] = [];

  constructor(seed: number) {
    this.random = new Random(seed);
    this.#rules = new FaultRules(new Random(seed + 1));
    this.fabric = new TestFabric(SITES, { seed, rules: this.#rules, heapBytes: 8 * 1024 * 1024 });
    this.sites = this.fabric.contexts.map((context) => new Site(context, this.random));
    // Links come up first.
    this.fabric.settle();
    this.#disturb();
  }

  get ends(): End[] {
    return this.sites.flatMap((site) => [...site.ends.values()]);
  }

  /** One of the ends for which this holds, or null. */
  anyEnd(holds: (end: End) => boolean): End | null {
    const ends = this.ends.filter(holds);
    return ends.length === 0 ? null : this.random.pick(ends);
  }

  /** A little of what will happen happens now. */
  step(): void {
    (this.fabric.clock as VirtualClock).step();
  }

  /** To be done when all has happened. */
  afterwards(action: () => void): void {
    this.#afterwards.push(action);
  }

  /** Does something while packets suffer nothing, and checks what came of it. */
  calmly(action: () => void): void {
    for (const restore of this.#restore) restore();
    action();
    this.check();
    this.#disturb();
  }

  /** Lets all happen that will, and compares it with the model. */
  check(): void {
    this.fabric.settle();
    for (const site of this.sites) {
      const completions = new Map<End, WorkCompletion[]>();
      for (const cq of site.cqs) {
        for (const wc of cq.poll(cq.entries)) {
          const end = site.ends.get(wc.qpNum);
          assert(end, `a completion is of a queue pair that there is: ${describe(wc)}`);
          completions.set(end, [...(completions.get(end) ?? []), wc]);
        }
      }
      for (const end of site.ends.values()) compareEnd(end, completions.get(end) ?? []);
      for (const pool of site.pools) pool.memory.verify();
      compareEvents(site);
    }
    for (const action of this.#afterwards) action();
    this.#afterwards = [];
  }

  #disturb(): void {
    this.#restore = kinds.map((kind) =>
      this.#rules.add({ ...everything, kind, on: ["wire"], chance: CHANCE, ms: 0.05 }),
    );
  }

  [Symbol.dispose](): void {
    this.fabric[Symbol.dispose]();
  }
}

function compareEnd(end: End, wcs: readonly WorkCompletion[]): void {
  const received = wcs.filter((wc) => wc.wrId >= RECEIVE_IDS);
  compareInOrder(
    end.sends,
    wcs.filter((wc) => wc.wrId < RECEIVE_IDS),
    "send",
  );
  if (end.loose === null) {
    for (const [i, wc] of received.entries()) placeReceived(end, end.receives[i], wc);
    compareInOrder(end.receives, received, "receive");
  } else {
    for (const wc of received) compareLoosely(end, wc);
    end.memory.accept(RECEIVES, SLOTS * SLOT_BYTES);
    for (const write of end.looseWrites) compareWrite(end, write);
  }
  end.sends = [];
  end.receives = [];
  end.loose = null;
  end.looseWrites = [];
  end.memory.verify();
  const { state } = end.qp.query();
  assert((state === "ERR") === end.failed, `queue pair ${end.qp.qpn} is in ${state}`);
}

function compareInOrder(expected: readonly Expected[], wcs: readonly WorkCompletion[], what: string): void {
  const wrong = Math.max(expected.length, wcs.length);
  for (let i = 0; i < wrong; i++) {
    const [should, is] = [expected[i], wcs[i]];
    const fits = should !== undefined && is !== undefined && matches(should, is);
    assert(
      fits,
      `completion ${i} of a ${what} is ${is ? describe(is) : "missing"}, should be ${JSON.stringify(should)}`,
    );
  }
}

function matches(should: Expected, is: WorkCompletion): boolean {
  if (should.wrId !== null && should.wrId !== is.wrId) return false;
  if (should.status !== is.status) return false;
  const fields = ["opcode", "byteLen", "immediate", "invalidated"] as const;
  return fields.every((field) => should[field] === undefined || should[field] === is[field]);
}

/** What is received belongs where its work request says; of a shared pool only the completion tells which that is. */
function placeReceived(end: End, should: Expected | undefined, { wrId }: WorkCompletion): void {
  if (should?.data === undefined) return;
  if (end.pool === null) return;
  const receive = end.pool.take(wrId);
  assert(receive, `receive ${wrId} was posted, and not used before`);
  end.pool.memory.expect(receive.offset, should.data);
}

/** A message of those that may arrive, in the receive that is next. */
function compareLoosely(end: End, wc: WorkCompletion): void {
  const receive = end.posted.shift();
  assert(receive?.wrId === wc.wrId && wc.status === "WC_SUCCESS", `a receive in order: ${describe(wc)}`);
  const header = wc.grh ? GRH_BYTES : 0;
  const data = end.memory.buffer.bytes.subarray(receive.offset + header, receive.offset + wc.byteLen);
  const known = end.loose?.some(({ written, immediate, data: sent }) => {
    if (written !== (wc.opcode === "WC_RECV_RDMA_WITH_IMM") || immediate !== wc.immediate) return false;
    return written ? sent.length === wc.byteLen : sent.equals(data);
  });
  assert(known, `a message that was sent: ${describe(wc)}`);
}

/** Each byte of it is the old one or the new one. */
function compareWrite({ memory }: End, { offset, data }: LooseWrite): void {
  const before = memory.expected(offset, data.length);
  const after = memory.buffer.bytes.subarray(offset, offset + data.length);
  assert(
    after.every((byte, i) => byte === data[i] || byte === before[i]),
    "a WRITE that is lost on its way leaves nothing but what it wrote",
  );
  memory.accept(offset, data.length);
}

function compareEvents(site: Site): void {
  const events = [];
  for (let event = site.context.asyncEvents.poll(); event; event = site.context.asyncEvents.poll()) events.push(event);
  const sorted = (list: readonly unknown[]) => list.map((event) => JSON.stringify(event)).sort();
  const [is, should] = [sorted(events), sorted(site.events)];
  assert(is.join() === should.join(), `events of ${site.context.name} are ${is}, should be ${should}`);
  site.events = [];
}

function describe({ wrId, status, opcode, byteLen, immediate, qpNum }: WorkCompletion): string {
  return JSON.stringify({ wrId, status, opcode, byteLen, immediate, qpNum });
}
