import { HC_CREATE_SRQ, HC_DESTROY_QP, QPT_RC, WC_SUCCESS, WR_SEND } from "@nomad/abi";
import { limits } from "@nomad/base";
import { expect, test, vi } from "vitest";
import * as migration from "./migration/index.ts";
import type { Guest } from "./testing/guest.ts";
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
    const { preview } = previewOf(alice);
    meanwhile();
    migration.suspend(alice.host, alice.vlid, "a move", 0);
    return migration.detach(alice.host, alice.vlid, preview).changes;
  };
  return { lab, alice, bob, pairs, send, changesAfter };
}

/** What a guest has, with all its queue pairs. */
function previewOf({ host, vlid }: Guest) {
  const preview = new migration.Preview(host, host.device(vlid));
  return { preview, told: { ...preview.objects, qps: preview.next(limits.qpsPerGuestMax) } };
}

test("of queue pairs that were not used since they were made at the destination nothing is told", () => {
  const { pairs, send, changesAfter } = connected(8);
  const changes = changesAfter(() => {
    expect(send(pairs[3] as (typeof pairs)[0])).toEqual([WC_SUCCESS, WC_SUCCESS]);
  });
  expect(changes.device.qps.map(({ vqpn }) => vqpn)).toEqual([pairs[3]?.a.vqpn]);
  expect(changes.gone).toEqual([]);
});

test("when a guest is stopped, of its queue pairs only those are frozen and compared that something was done with", () => {
  const { alice, pairs, send, changesAfter } = connected(8);
  const [freeze, still] = [vi.spyOn(alice.host.hca, "freeze"), vi.spyOn(alice.host.hca, "still")];
  const used = pairs[5] as (typeof pairs)[0];
  const qpn = alice.host.device(alice.vlid).qps.get(used.a.vqpn)?.qpn;
  changesAfter(() => send(used));
  expect(freeze.mock.calls).toEqual([[qpn]]);
  expect(still.mock.calls.map(([of]) => of)).toEqual([qpn]);
});

test("work that is posted and held is counted, though its queue pair was idle when it was told of", () => {
  const { lab, alice, pairs } = connected(3);
  const { preview } = previewOf(alice);
  migration.suspend(alice.host, alice.vlid, "a move", 0);
  const from = { ...alice.region(), length: 8 };
  for (const id of [1n, 2n]) pairs[1]?.a.send({ id, opcode: WR_SEND, from });
  lab.settle();
  expect(migration.detach(alice.host, alice.vlid, preview)).toMatchObject({ held: 2, cut: 0 });
});

test("a queue pair that is destroyed or made meanwhile is told of", () => {
  const { alice, pairs, changesAfter } = connected(2);
  let made: number | undefined;
  const gone = pairs[0]?.a.vqpn;
  const changes = changesAfter(() => {
    expect(alice.call(HC_DESTROY_QP, [gone ?? 0]).status).toBe(0);
    made = new TestQueuePair(alice, QPT_RC).vqpn;
  });
  expect(changes.gone).toEqual([gone]);
  expect(changes.device.qps.map(({ vqpn }) => vqpn)).toEqual([made]);
});

test("when what queue pairs refer to has changed, all is told anew", () => {
  const { alice, changesAfter } = connected(1);
  const { device, gone } = changesAfter(() => alice.region());
  expect([device.qps.length, gone]).toEqual([1, null]);
});

test("at its destination a queue pair is what it was at its source, whether it was used since the preview or not", () => {
  const { lab, alice, pairs, send } = connected(3);
  const states = () => pairs.map(({ a }) => alice.host.device(alice.vlid).qps.get(a.vqpn)?.qpn ?? expect.fail());
  const psns = () => states().map((qpn) => [alice.host.hca.queryQp(qpn).sqPsn, alice.host.hca.queryQp(qpn).rqPsn]);
  for (const pair of pairs) send(pair);
  const before = psns();
  lab.move(alice, 3);
  expect(psns()).toEqual(before);
  for (const pair of pairs) expect(send(pair)).toEqual([WC_SUCCESS, WC_SUCCESS]);
});

test("queue pairs that share a receive queue are made beforehand as well", () => {
  const { lab, alice, bob } = connected(0);
  const { record, ring, entries } = alice.location(64, 4);
  const srq = alice.must(HC_CREATE_SRQ, alice.pd, record, ring, entries, 1);
  const a = new TestQueuePair(alice, QPT_RC, srq).initialize();
  const b = new TestQueuePair(bob, QPT_RC).initialize();
  a.connect(b);
  b.connect(a);
  const { told } = previewOf(alice);
  const at = { memory: alice.memory, move: "a move" };
  const prepared = migration.presetup(lab.host(3), told, at, 0);
  expect([...prepared.qps.keys()]).toEqual([a.vqpn]);
  migration.free(lab.host(3), prepared);
});

test("connections made at the destination beforehand work there, and no name of an undone move opens anything", () => {
  const { lab, alice, pairs, send } = connected(3);
  const elsewhere = lab.host(3);
  const memory = { ...alice.memory };
  const at = { memory, move: "a move" };
  const prepared = migration.presetup(elsewhere, previewOf(alice).told, at, 0);
  const numbers = [...prepared.qps.values()].map(({ qpn }) => qpn);
  migration.free(elsewhere, prepared);
  for (const qpn of numbers) expect(() => elsewhere.hca.queryQp(qpn)).toThrow("no queue pair");
  lab.move(alice, 3);
  for (const pair of pairs) expect(send(pair)).toEqual([WC_SUCCESS, WC_SUCCESS]);
});
