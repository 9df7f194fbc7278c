import * as abi from "@nomad/abi";
import { PolledQueue } from "@nomad/hca/queues";
import { beforeEach, expect, test } from "vitest";
import { type Guest, ringWords } from "./testing/guest.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

let lab: Lab;
let alice: Guest;
let bob: Guest;
let a: TestQueuePair;
let b: TestQueuePair;
let text: { readonly address: number; readonly key: number };

beforeEach(() => {
  lab = new Lab(3, "clash");
  [alice, bob] = [lab.boot(1), lab.boot(2)];
  [a, b] = [new TestQueuePair(alice, abi.QPT_RC).initialize(), new TestQueuePair(bob, abi.QPT_RC).initialize()];
  a.connect(b);
  b.connect(a);
  text = alice.region();
});

const write = (rkey: number) =>
  a.send({ id: 1n, opcode: abi.WR_RDMA_WRITE, from: { ...text, length: 8 }, remoteAddress: 0, rkey });
const events = (guest: Guest) => {
  const got: number[][] = [];
  for (;;) {
    const { status, words } = guest.call(abi.HC_GET_ASYNC_EVENT);
    if (status !== 0) return got;
    got.push(words.slice(0, 2));
  }
};

test("an event is told to the guest that it concerns, by the name that it knows", () => {
  lab.move(bob, 3);
  write(0x9900);
  expect(alice.poll()).toMatchObject([{ status: abi.WC_REM_ACCESS_ERR }]);
  expect(events(bob)).toEqual([[abi.EVENT_QP_ACCESS_ERR, b.vqpn]]);
  expect(events(alice)).toEqual([]);
});

test("a queue pair in the error state stays in it, and is told and flushed once, however often it moves", () => {
  write(0x9900);
  b.receive(9n, { ...bob.region(), length: 10 });
  lab.move(bob, 3);
  expect(bob.poll()).toMatchObject([{ id: 9n, status: abi.WC_WR_FLUSH_ERR }]);
  lab.move(bob, 1);
  expect([bob.poll(), bob.call(abi.HC_QUERY_QP, [b.vqpn]).words[0]]).toEqual([[], abi.QPS_ERR]);
  expect(events(bob)).toEqual([[abi.EVENT_QP_ACCESS_ERR, b.vqpn]]);
});

test("events of an object that is destroyed are gone", () => {
  write(0x9900);
  bob.must(abi.HC_DESTROY_QP, b.vqpn);
  expect(events(bob)).toEqual([]);
});

test("a port that fails and comes back is told to every guest there, its other name to none", () => {
  const { hca } = alice.host;
  hca.setPortState(abi.PORT_DOWN);
  hca.setPortState(abi.PORT_ACTIVE);
  hca.setGids([hca.queryGid(0)]);
  expect(events(alice)).toEqual([
    [abi.EVENT_PORT_ERR, 1],
    [abi.EVENT_PORT_ACTIVE, 1],
  ]);
  expect(events(bob)).toEqual([]);
});

test("an armed queue raises its channel's word once, after a move too", () => {
  const channel = bob.take(4);
  const location = bob.location(abi.CQE_BYTES);
  const cq = bob.must(abi.HC_CREATE_CQ, ...ringWords(location), channel);
  const raised = () => [Atomics.load(bob.memory.words, channel >> 2), new PolledQueue(bob.memory, location).events];
  const [from, to] = [
    new TestQueuePair(alice, abi.QPT_UC).initialize(),
    new TestQueuePair(bob, abi.QPT_UC, 0, cq).initialize(),
  ];
  from.connect(to);
  to.connect(from);
  const inbox = { ...bob.region(), length: 100 };
  const send = () => {
    to.receive(1n, inbox);
    from.send({ id: 1n, opcode: abi.WR_SEND, from: { ...text, length: 4 } });
  };
  send();
  expect(raised()).toEqual([0, 0]);
  new PolledQueue(bob.memory, location).arm(abi.CQ_ARM_ANY);
  lab.move(bob, 3);
  expect(raised()).toEqual([0, 0]);
  send();
  send();
  expect(raised()).toEqual([1, 1]);
});

test("a completion queue moves to a larger ring with what is not polled, and then to another host", () => {
  const inbox = { ...bob.region(), length: 100 };
  const send = (id: bigint) => {
    b.receive(id, inbox);
    a.send({ id, opcode: abi.WR_SEND, from: { ...text, length: 4 } });
  };
  send(1n);
  const larger = bob.location(abi.CQE_BYTES, 128);
  bob.must(abi.HC_RESIZE_CQ, bob.cq, ...ringWords(larger));
  send(2n);
  lab.move(bob, 3);
  send(3n);
  expect(bob.poll(larger).map((wc) => wc.id)).toEqual([1n, 2n, 3n]);
  expect(bob.call(abi.HC_QUERY_CQ, [bob.cq]).words.slice(0, 2)).toEqual([128, 0]);
});

test("queue pairs in every state stay in it", () => {
  const fresh = new TestQueuePair(bob, abi.QPT_RC);
  const initialized = new TestQueuePair(bob, abi.QPT_RC).initialize();
  bob.must(abi.HC_MODIFY_QP, b.vqpn, abi.QP_STATE, abi.QPS_SQD);
  lab.move(bob, 3);
  const states = [fresh, initialized, b].map((qp) => bob.call(abi.HC_QUERY_QP, [qp.vqpn]).words[0]);
  expect(states).toEqual([abi.QPS_RESET, abi.QPS_INIT, abi.QPS_SQD]);
});
