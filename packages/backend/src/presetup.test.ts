import { HC_DESTROY_QP, QPT_RC, WC_SUCCESS, WR_SEND } from "@nomad/abi";
import { expect, test } from "vitest";
import * as migration from "./migration/index.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

/** Two guests and some connections between them. */
function connected(count: number) {
  const lab = new Lab(3);
  const [alice, bob] = [lab.boot(1), lab.boot(2)];
  const pairs = Array.from({ length: count }, () => {
    const [a, b] = [alice, bob].map((guest) => new TestQueuePair(guest, QPT_RC).initialize()) as [
      TestQueuePair,
      TestQueuePair,
    ];
    a.connect(b);
    b.connect(a);
    return { a, b };
  });
  const [text, into] = [alice.region(), bob.region()];
  const send = ({ a, b }: { a: TestQueuePair; b: TestQueuePair }) => {
    b.receive(7n, { ...into, length: 100 });
    a.send({ id: 1n, opcode: WR_SEND, from: { ...text, length: 8 } });
    return [...alice.poll(), ...bob.poll()].map(({ status }) => status);
  };
  /** What is told of alice once she has stopped, when `meanwhile` has happened since the preview. */
  const changesAfter = (meanwhile: () => void) => {
    const told = migration.preview(alice.host, alice.vlid);
    meanwhile();
    migration.suspend(alice.host, alice.vlid, "a move", 0);
    return migration.changesOf(told, migration.detach(alice.host, alice.vlid).snapshot);
  };
  return { lab, alice, bob, pairs, send, changesAfter };
}

test("of queue pairs that were not used since they were made at the destination nothing is told", () => {
  const { pairs, send, changesAfter } = connected(8);
  const changes = changesAfter(() => {
    expect(send(pairs[3] as (typeof pairs)[0])).toEqual([WC_SUCCESS, WC_SUCCESS]);
  });
  expect(changes?.device.qps.map(({ vqpn }) => vqpn)).toEqual([pairs[3]?.a.vqpn]);
  expect(changes?.gone).toEqual([]);
});

test("a queue pair that is destroyed or made meanwhile is told of", () => {
  const { alice, pairs, changesAfter } = connected(2);
  let made: number | undefined;
  const gone = pairs[0]?.a.vqpn;
  const changes = changesAfter(() => {
    expect(alice.call(HC_DESTROY_QP, [gone ?? 0]).status).toBe(0);
    made = new TestQueuePair(alice, QPT_RC).vqpn;
  });
  expect(changes?.gone).toEqual([gone]);
  expect(changes?.device.qps.map(({ vqpn }) => vqpn)).toEqual([made]);
});

test("when what queue pairs refer to has changed, all is told anew", () => {
  const { alice, changesAfter } = connected(1);
  expect(changesAfter(() => alice.region())).toBeNull();
});

test("the whole is what was told before and what has changed", () => {
  const { alice, pairs, send } = connected(4);
  const told = migration.preview(alice.host, alice.vlid);
  send(pairs[1] as (typeof pairs)[0]);
  alice.call(HC_DESTROY_QP, [pairs[2]?.a.vqpn ?? 0]);
  migration.suspend(alice.host, alice.vlid, "a move", 0);
  const { snapshot } = migration.detach(alice.host, alice.vlid);
  const changes = migration.changesOf(told, snapshot);
  const whole = changes && migration.complete(told, changes);
  expect(new Set(whole?.qps)).toEqual(new Set(snapshot.qps));
});

test("connections made at the destination beforehand work there, and no name of an undone move opens anything", () => {
  const { lab, alice, pairs, send } = connected(3);
  const elsewhere = lab.host(3);
  const memory = { ...alice.memory };
  const prepared = migration.presetup(elsewhere, migration.preview(alice.host, alice.vlid), memory);
  const numbers = [...prepared.qps.values()].map(({ qpn }) => qpn);
  migration.free(elsewhere, prepared);
  for (const qpn of numbers) expect(() => elsewhere.hca.queryQp(qpn)).toThrow("no queue pair");
  lab.move(alice, 3);
  for (const pair of pairs) expect(send(pair)).toEqual([WC_SUCCESS, WC_SUCCESS]);
});
