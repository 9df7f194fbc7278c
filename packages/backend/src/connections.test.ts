import * as abi from "@nomad/abi";
import type { Names, QpType } from "@nomad/hca";
import { describe, expect, test } from "vitest";
import type { Guest } from "./testing/guest.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

/** Two connected queue pairs; the first has written to the second's region, and sent to it. */
class Pair {
  readonly a: TestQueuePair;
  readonly b: TestQueuePair;
  readonly #text;
  readonly #target;
  #written = 0;

  constructor(type: QpType, from: Guest, to: Guest) {
    [this.a, this.b] = [new TestQueuePair(from, type).initialize(), new TestQueuePair(to, type).initialize()];
    this.a.connect(this.b);
    this.b.connect(this.a);
    this.#text = from.region();
    this.#target = to.region();
  }

  /** True when a WRITE and a SEND from a to b arrive. */
  works(): boolean {
    const { guest: from } = this.a;
    const { guest: to } = this.b;
    const words = `message ${++this.#written}`;
    from.write(this.#text.address, words);
    const data = { ...this.#text, length: words.length };
    const into = { ...this.#target, address: this.#target.address + 1024, length: 100 };
    this.b.receive(7n, into);
    const remoteAddress = this.#target.address;
    this.a.send({ id: 1n, opcode: abi.WR_RDMA_WRITE, from: data, remoteAddress, rkey: this.#target.key });
    this.a.send({ id: 2n, opcode: abi.WR_SEND, from: data });
    const completions = from === to ? from.poll() : [...from.poll(), ...to.poll()];
    const whole = completions.length === 3 && completions.every((wc) => wc.status === abi.WC_SUCCESS);
    return whole && [this.#target.address, into.address].every((at) => to.read(at, words.length) === words);
  }
}

const types: readonly (readonly [string, QpType])[] = [
  ["RC", abi.QPT_RC],
  ["UC", abi.QPT_UC],
];

describe.each<Names>(["random", "clash", "apart"])("with %s names", (names) => {
  test.each(types)("a connection of type %s goes on after moves of either end, and onto one host", (_, type) => {
    const lab = new Lab(3, names);
    const [alice, bob] = [lab.boot(1), lab.boot(2)];
    const pair = new Pair(type, alice, bob);
    const back = new Pair(type, bob, alice);
    for (const [guest, place] of [
      [alice, 3],
      [bob, 3],
      [alice, 1],
      [bob, 2],
    ] as const) {
      lab.move(guest, place);
      expect([pair.works(), back.works()]).toEqual([true, true]);
    }
  });

  test.each(types)("a connection of type %s of a guest with itself moves with it", (_, type) => {
    const lab = new Lab(2, names);
    const alice = lab.boot(1);
    const pair = new Pair(type, alice, alice);
    expect(pair.works()).toBe(true);
    lab.move(alice, 2);
    expect(pair.works()).toBe(true);
    lab.move(alice, 1);
    expect(pair.works()).toBe(true);
  });

  test("several queue pairs of two guests move together", () => {
    const lab = new Lab(3, names);
    const [alice, bob] = [lab.boot(1), lab.boot(1)];
    const pairs = [abi.QPT_RC, abi.QPT_UC, abi.QPT_RC].map((type) => new Pair(type as QpType, alice, bob));
    lab.move(bob, 2);
    lab.move(alice, 3);
    expect(pairs.map((pair) => pair.works())).toEqual([true, true, true]);
  });
});

test("a queue pair tells its attributes, by names that do not change", () => {
  const lab = new Lab(2);
  const [alice, bob] = [lab.boot(1), lab.boot(1)];
  const { a, b } = new Pair(abi.QPT_RC, alice, bob);
  const before = alice.call(abi.HC_QUERY_QP, [a.vqpn]).words;
  expect(before.slice(0, 9)).toEqual([abi.QPS_RTS, 0, 0, b.vqpn, bob.vlid, abi.QPT_RC, 14, 3, 14]);
  lab.move(alice, 2);
  expect(alice.call(abi.HC_QUERY_QP, [a.vqpn]).words).toEqual(before);
});

test("what the adapter has no room for, or is in use, says so", () => {
  const lab = new Lab(1);
  const alice = lab.boot(1);
  new TestQueuePair(alice, abi.QPT_UD);
  expect(alice.call(abi.HC_DEALLOC_PD, [alice.pd]).status).toBe(-abi.EBUSY);
  expect(alice.call(abi.HC_DESTROY_CQ, [alice.cq]).status).toBe(-abi.EBUSY);
});
