import * as abi from "@nomad/abi";
import { beforeEach, expect, test } from "vitest";
import * as migration from "./migration/index.ts";
import type { Guest } from "./testing/guest.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

// Guests' connections with work under way: names are translated anew at the next place.

const BYTES = 4000;
let lab: Lab;
let alice: Guest;
let bob: Guest;
let a: TestQueuePair;
let b: TestQueuePair;
let text: { readonly address: number; readonly key: number };
let inbox: { readonly address: number; readonly key: number };

beforeEach(() => {
  lab = new Lab(4, "clash");
  [alice, bob] = [lab.boot(1), lab.boot(2)];
  [a, b] = connected(alice, bob);
  [text, inbox] = [alice.region(8192), bob.region(8192)];
  alice.write(text.address, "from alice");
});

function connected(from: Guest, to: Guest): [TestQueuePair, TestQueuePair] {
  const [x, y] = [new TestQueuePair(from, abi.QPT_RC).initialize(), new TestQueuePair(to, abi.QPT_RC).initialize()];
  return [x.connect(y), y.connect(x)];
}

const send = (id = 1n) => a.send({ id, opcode: abi.WR_SEND, from: { ...text, length: BYTES } });
const write = (id = 2n) =>
  a.send({
    id,
    opcode: abi.WR_RDMA_WRITE,
    from: { ...text, length: BYTES },
    remoteAddress: inbox.address,
    rkey: inbox.key,
  });
const receive = () => b.receive(7n, { ...inbox, length: BYTES });
const done = (guest: Guest) => guest.poll().map((wc) => [wc.id, wc.status]);

/** Only so many packets arrive from now on. */
function passOnly(packets: number): void {
  let left = packets;
  lab.passes = () => left-- > 0;
}

const passAll = () => {
  lab.passes = () => true;
};

const places: readonly (readonly [string, (meanwhile?: () => void) => void])[] = [
  ["the sender moves", (meanwhile) => lab.move(alice, 3, meanwhile)],
  ["the receiver moves", (meanwhile) => lab.move(bob, 3, meanwhile)],
  ["the sender moves to the receiver", (meanwhile) => lab.move(alice, 2, meanwhile)],
  ["the move is aborted", (meanwhile = () => {}) => lab.abort(alice, meanwhile)],
];

test.each(places)("a message that waits for its receiver is delivered once it can be, when %s", (_, move) => {
  send();
  move();
  expect([done(alice), done(bob)]).toEqual([[], []]);
  receive();
  alice.host.hca.tick(lab.now + 1e6);
  lab.settle();
  expect(done(alice)).toEqual([[1n, 0]]);
  expect(done(bob)).toEqual([[7n, 0]]);
  expect(bob.read(inbox.address, 10)).toBe("from alice");
});

test.each(places)("a half-written WRITE and what stands behind it go on under new keys, when %s", (_, move) => {
  receive();
  passOnly(2);
  write();
  send(3n);
  move(passAll);
  lab.settle();
  expect(done(alice)).toEqual([
    [2n, 0],
    [3n, 0],
  ]);
  expect(done(bob)).toEqual([[7n, 0]]);
});

test("several queue pairs between two guests are cut each where it stands, and counted", () => {
  const [c, d] = connected(alice, bob);
  const back = connected(bob, alice)[0];
  c.send({ id: 5n, opcode: abi.WR_SEND, from: { ...text, length: 10 } });
  back.send({ id: 6n, opcode: abi.WR_SEND, from: { ...inbox, length: 10 } });
  migration.suspend(alice.host, alice.vlid, "own", lab.now);
  migration.suspendPeers(bob.host, alice.vlid, "peers", lab.now);
  const active = new Set(migration.activeOf(alice.host, alice.vlid, "own"));
  const peers = migration.cutPeers(bob.host, alice.vlid, "peers", active);
  expect([active.size, peers.cuts.length, peers.cut, migration.detach(alice.host, alice.vlid, null).cut]).toEqual([
    1, 2, 1, 1,
  ]);
  const place = { move: "peers", epoch: 2, dlid: alice.host.lid, names: [] };
  migration.reopen(alice.host, alice.vlid, 2);
  migration.resumePeers(bob.host, alice.vlid, place, lab.now);
  migration.openTowards(alice.host, alice.vlid, "own", "all", lab.now);
  d.receive(8n, { ...inbox, length: 10 });
  alice.host.hca.tick(lab.now + 1e6);
  lab.settle();
  expect(done(alice)).toEqual([[5n, 0]]);
});

test("a guest's connection with itself is cut and goes on", () => {
  const [x, y] = connected(alice, alice);
  const target = alice.region(8192);
  passOnly(1);
  const from = { ...text, length: BYTES };
  x.send({ id: 1n, opcode: abi.WR_RDMA_WRITE, from, remoteAddress: target.address, rkey: target.key });
  x.send({ id: 2n, opcode: abi.WR_SEND, from });
  lab.move(alice, 3, passAll);
  y.receive(9n, { ...target, length: BYTES });
  alice.host.hca.tick(lab.now + 1e6);
  lab.settle();
  expect(done(alice).map(([id]) => id)).toEqual([1n, 9n, 2n]);
  lab.abort(alice, () => {});
  x.send({ id: 3n, opcode: abi.WR_RDMA_WRITE, from, remoteAddress: target.address, rkey: target.key });
  expect(done(alice)).toEqual([[3n, 0]]);
});

test("a receive work request that is held for a message of which a part has come has its keys at the next place", () => {
  const ring = bob.location(64, 4);
  const srq = bob.must(abi.HC_CREATE_SRQ, bob.pd, ring.record, ring.ring, ring.entries, 1);
  const from = new TestQueuePair(alice, abi.QPT_RC).initialize();
  const to = new TestQueuePair(bob, abi.QPT_RC, srq).initialize();
  to.connect(from);
  from.connect(to);
  const { view, words } = bob.memory;
  view.setUint32(ring.ring + abi.WQE_ID, 4, true);
  view.setUint32(ring.ring + abi.WQE_SGE_COUNT, 1, true);
  view.setUint32(ring.ring + abi.RECV_WQE_SGES + abi.SGE_ADDRESS, inbox.address, true);
  view.setUint32(ring.ring + abi.RECV_WQE_SGES + abi.SGE_LENGTH, BYTES, true);
  view.setUint32(ring.ring + abi.RECV_WQE_SGES + abi.SGE_BYTES, inbox.key, true);
  Atomics.store(words, (ring.record + abi.QUEUE_PRODUCER) >> 2, 1);
  passOnly(2);
  from.send({ id: 1n, opcode: abi.WR_SEND, from: { ...text, length: BYTES } });
  lab.move(bob, 3, passAll);
  expect(done(bob)).toEqual([[4n, 0]]);
  expect(bob.read(inbox.address, 10)).toBe("from alice");
});

test("a queue pair that its program resets, or connects elsewhere, while its peer moves is let go", () => {
  const carol = lab.boot(4);
  const other = new TestQueuePair(carol, abi.QPT_RC).initialize();
  send();
  lab.move(bob, 3, () => {
    alice.must(abi.HC_MODIFY_QP, a.vqpn, abi.QP_STATE, abi.QPS_RESET);
    a.initialize().connect(other);
  });
  other.connect(a);
  other.receive(3n, { ...carol.region(), length: 100 });
  a.send({ id: 9n, opcode: abi.WR_SEND });
  expect(done(alice)).toEqual([[9n, 0]]);
});

test("a guest moves whose queue pair its peer is not connected back to", () => {
  const one = new TestQueuePair(alice, abi.QPT_RC).initialize();
  const another = new TestQueuePair(bob, abi.QPT_RC).initialize();
  one.connect(another);
  one.send({ id: 1n, opcode: abi.WR_SEND, from: { ...text, length: 10 } });
  lab.move(alice, 3);
  another.connect(one);
  another.receive(2n, { ...inbox, length: 10 });
  alice.host.hca.tick(lab.now + 1e6);
  lab.settle();
  expect(done(alice)).toEqual([[1n, 0]]);
  expect(done(bob)).toEqual([[2n, 0]]);
});
