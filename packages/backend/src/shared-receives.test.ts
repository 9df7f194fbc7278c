import * as abi from "@nomad/abi";
import { recvStride } from "@nomad/hca";
import { RecvQueue } from "@nomad/hca/queues";
import { beforeEach, expect, test } from "vitest";
import { type Guest, ringWords } from "./testing/guest.ts";
import { Lab } from "./testing/lab.ts";
import { TestQueuePair } from "./testing/queue-pair.ts";

const MAX_SGE = 1;
let lab: Lab;
let alice: Guest;
let bob: Guest;
let srq: number;
let ring: ReturnType<Guest["location"]>;
let senders: readonly TestQueuePair[];
let text: { readonly address: number; readonly key: number };
let inbox: { readonly address: number; readonly key: number };

beforeEach(() => {
  lab = new Lab(3, "clash");
  [alice, bob] = [lab.boot(1), lab.boot(2)];
  ring = bob.location(recvStride(MAX_SGE));
  srq = bob.must(abi.HC_CREATE_SRQ, bob.pd, ...ringWords(ring), MAX_SGE);
  senders = [1, 2].map(() => {
    const from = new TestQueuePair(alice, abi.QPT_RC).initialize();
    const to = new TestQueuePair(bob, abi.QPT_RC, srq).initialize();
    to.connect(from);
    return from.connect(to);
  });
  [text, inbox] = [alice.region(), bob.region()];
});

const post = (id: bigint) => {
  const element = { address: inbox.address, length: 100, lkey: 0 as never };
  const at = new RecvQueue(bob.memory, ring, MAX_SGE, 0).post({ id, sges: [element] });
  bob.memory.view.setUint32(at + abi.RECV_WQE_SGES + MAX_SGE * abi.SGE_BYTES, inbox.key, true);
};
const send = (sender: number) => senders[sender]?.send({ id: 1n, opcode: abi.WR_SEND, from: { ...text, length: 10 } });
const received = () => bob.poll().map((wc) => [wc.id, wc.status]);
const query = () => bob.call(abi.HC_QUERY_SRQ, [srq]).words.slice(0, 4);
const setLimit = (limit: number) => bob.must(abi.HC_MODIFY_SRQ, srq, abi.SRQ_LIMIT, limit);
const event = () => {
  const { status, words } = bob.call(abi.HC_GET_ASYNC_EVENT);
  return status === 0 ? words.slice(0, 2) : status;
};

test("queue pairs take from a shared queue, before and after a move of either end", () => {
  for (let id = 1n; id <= 6n; id++) post(id);
  send(0);
  lab.move(bob, 3);
  send(1);
  lab.move(alice, 3);
  send(0);
  expect(received()).toEqual([1n, 2n, 3n].map((id) => [id, abi.WC_SUCCESS]));
  expect(query()).toEqual([0, 3, 16, MAX_SGE]);
});

test("the limit moves along, is told once, and by the queue's own number", () => {
  for (let id = 1n; id <= 3n; id++) post(id);
  setLimit(2);
  lab.move(bob, 1);
  expect([query()[0], event()]).toEqual([2, -abi.EAGAIN]);
  send(0);
  expect(event()).toBe(-abi.EAGAIN);
  send(1);
  expect([event(), event()]).toEqual([[abi.EVENT_SRQ_LIMIT_REACHED, srq], -abi.EAGAIN]);
});

test("a move that is undone tells no event twice, and none too few", () => {
  post(1n);
  setLimit(1);
  send(0);
  lab.abort(bob, () => {});
  expect(Atomics.load(bob.memory.words, abi.VMM_ASYNC_EVENTS >> 2)).toBe(1);
  expect([event(), event()]).toEqual([[abi.EVENT_SRQ_LIMIT_REACHED, srq], -abi.EAGAIN]);
});

test("an event that nobody has got moves along", () => {
  post(1n);
  setLimit(1);
  send(0);
  expect(Atomics.load(bob.memory.words, abi.VMM_ASYNC_EVENTS >> 2)).toBe(1);
  lab.move(bob, 3);
  expect(Atomics.load(bob.memory.words, abi.VMM_ASYNC_EVENTS >> 2)).toBe(1);
  expect([event(), event()]).toEqual([[abi.EVENT_SRQ_LIMIT_REACHED, srq], -abi.EAGAIN]);
});

test("a queue in use is not destroyed, and one that is takes its events with it", () => {
  expect(bob.call(abi.HC_DESTROY_SRQ, [srq]).status).toBe(-abi.EBUSY);
  setLimit(1);
  for (const qp of [...bob.host.device(bob.vlid).qps.keys()]) bob.must(abi.HC_DESTROY_QP, qp);
  lab.move(bob, 3);
  expect(bob.call(abi.HC_DESTROY_SRQ, [srq]).status).toBe(0);
  expect(event()).toBe(-abi.EAGAIN);
  expect(bob.call(abi.HC_QUERY_SRQ, [srq]).status).toBe(-abi.EINVAL);
});

test("a queue moves to a larger ring with what is posted, and then to another host", () => {
  for (let id = 1n; id <= 3n; id++) post(id);
  const larger = bob.location(recvStride(MAX_SGE), 32);
  bob.must(abi.HC_MODIFY_SRQ, srq, abi.SRQ_MAX_WR, 0, ...ringWords(larger));
  ring = larger;
  lab.move(bob, 3);
  for (let id = 4n; id <= 20n; id++) post(id);
  send(0);
  expect([received(), query()[1]]).toEqual([[[1n, abi.WC_SUCCESS]], 19]);
});

test("a datagram that is too long leaves the work request it has taken with its queue pair, which moves with it", () => {
  const from = new TestQueuePair(alice, abi.QPT_UD).initialize().connect();
  const to = new TestQueuePair(bob, abi.QPT_UD, srq).initialize().connect();
  const ah = alice.handle(bob);
  const datagram = (length: number) =>
    from.send({ id: 1n, opcode: abi.WR_SEND, from: { ...text, length }, to: { ah, vqpn: to.vqpn } });
  post(1n);
  datagram(200);
  expect([received(), query()[1]]).toEqual([[], 0]);
  lab.move(bob, 3);
  post(2n);
  alice.write(text.address, "it fits");
  datagram(7);
  expect(received()).toEqual([[1n, abi.WC_SUCCESS]]);
  expect(bob.read(inbox.address + abi.GRH_BYTES, 7)).toBe("it fits");
});
