import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { limits } from "@nomad/base";
import { beforeEach, describe, expect, test } from "vitest";
import { bringUpDatagrams, connect, Endpoint, QKEY } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

let fabric: Fabric;
/** Two senders, and two receivers on one adapter that share the queue of the first. */
let senders: [Endpoint, Endpoint];
let b: Endpoint;
let c: Endpoint;
let srqn: number;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  senders = [new Endpoint(fabric.add(1)), new Endpoint(fabric.add(2))];
  b = new Endpoint(fabric.add(3), { shared: true });
  c = new Endpoint(b.adapter, { sharedWith: b });
  connect(senders[0], b);
  connect(senders[1], c);
  srqn = b.srqn as number;
});

const receive = (id: number) => b.rq.post({ id: BigInt(id), sges: [b.sge(id * 4096, 4096)] });
const send = (from: Endpoint, length = 5) =>
  from.post({ id: 1n, opcode: abi.WR_SEND, sges: [from.sge(0, length)], flags: abi.SEND_SIGNALED });
const code = (name: string) => expect.objectContaining({ code: name });
const hca = () => b.adapter.hca;

test("queue pairs take receive work requests in the order of their messages, each completing where it belongs", () => {
  for (const id of [1, 2, 3]) receive(id);
  for (const from of [senders[1], senders[0], senders[1]]) {
    send(from);
    fabric.settle(1);
  }
  expect([b.recvCq.drain().map((x) => x.id), c.recvCq.drain().map((x) => x.id)]).toEqual([[2n], [1n, 3n]]);
  expect(hca().querySrq(srqn).posted).toBe(0);
});

test("messages of many packets that come interleaved land in buffers of their own", () => {
  for (const [i, from] of senders.entries()) from.bytes(0, 4000).fill(i + 1);
  for (const id of [1, 2]) receive(id);
  for (const from of senders) send(from, 4000);
  fabric.settle();
  for (const [end, value] of [
    [b, 1],
    [c, 2],
  ] as const) {
    const [completion] = end.recvCq.drain();
    const buffer = b.bytes(Number(completion?.id) * 4096, 4000);
    expect(new Set(buffer)).toEqual(new Set([value]));
  }
});

test("an RDMA WRITE with immediate data takes one, too", () => {
  receive(1);
  const wr = { opcode: abi.WR_RDMA_WRITE_WITH_IMM, remoteAddress: b.data, rkey: b.region.rkey, immediate: 6 };
  senders[0].post({ id: 1n, ...wr });
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ id: 1n, opcode: abi.WC_RECV_RDMA_WITH_IMM, immediate: 6 }]);
});

test("without a receive work request a sender gets an RNR NAK, and goes on when there is one", () => {
  send(senders[0]);
  fabric.settle(5);
  expect(senders[0].adapter.hca.counters.rnr_nak_retry_err).toBeGreaterThan(0);
  receive(1);
  fabric.settle();
  expect(senders[0].sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
});

test("the entry of a work request is free as soon as it is taken", () => {
  receive(1);
  send(senders[0], 4000);
  fabric.filter = (packet) => packet[0] === 0x00;
  fabric.settle(0.1);
  expect([b.rq.used, b.recvCq.drain()]).toEqual([0, []]);
  fabric.filter = () => true;
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ id: 1n, byteLen: 4000 }]);
});

test("datagrams take receive work requests from it", () => {
  const [x, y] = [
    new Endpoint(senders[0].adapter, { type: abi.QPT_UD }),
    new Endpoint(b.adapter, { type: abi.QPT_UD, sharedWith: b }),
  ];
  for (const end of [x, y]) bringUpDatagrams(end);
  receive(1);
  const ah = x.adapter.hca.createAh({ pd: x.pd, dlid: y.adapter.lid });
  x.post({ id: 1n, opcode: abi.WR_SEND, ud: { ah, qpn: y.qpn, qkey: QKEY } });
  fabric.settle();
  expect(y.recvCq.drain()).toMatchObject([{ id: 1n, byteLen: abi.GRH_BYTES }]);
});

describe("the limit event", () => {
  const events = () => b.adapter.events.async.filter((event) => event.kind === "SRQ_LIMIT_REACHED");

  test("is told once, when fewer are posted than the limit", () => {
    for (const id of [1, 2, 3, 4]) receive(id);
    hca().modifySrq(srqn, { limit: 3 });
    send(senders[0]);
    fabric.settle();
    expect([events(), hca().querySrq(srqn).limit]).toEqual([[], 3]);
    for (let i = 0; i < 2; i++) send(senders[0]);
    fabric.settle();
    expect([events(), hca().querySrq(srqn).limit]).toEqual([[{ kind: "SRQ_LIMIT_REACHED", srqn }], 0]);
  });

  test("comes at once when it is due already, and again only when the limit is set again", () => {
    receive(1);
    hca().modifySrq(srqn, { limit: 2 });
    expect(events()).toHaveLength(1);
    send(senders[0]);
    fabric.settle();
    expect(events()).toHaveLength(1);
    hca().modifySrq(srqn, { limit: 1 });
    expect(events()).toHaveLength(2);
  });

  test("is refused for more than the queue holds", () => {
    expect(() => hca().modifySrq(srqn, { limit: 65 })).toThrow(code("E_VERB"));
    expect(() => hca().modifySrq(srqn, { limit: -1 })).toThrow(code("E_VERB"));
  });
});

describe("a queue pair that fails", () => {
  test("leaves what is posted to the others, and tells that it takes nothing more", () => {
    for (const id of [1, 2]) receive(id);
    hca().modifyQp(b.qpn, { state: abi.QPS_ERR }, fabric.now);
    expect([b.recvCq.drain(), hca().querySrq(srqn).posted]).toEqual([[], 2]);
    expect(b.adapter.events.async).toEqual([{ kind: "QP_LAST_WQE_REACHED", qpn: b.qpn }]);
    send(senders[1]);
    fabric.settle();
    expect(c.recvCq.drain()).toMatchObject([{ id: 1n, status: abi.WC_SUCCESS }]);
  });

  test("flushes the work request of a message that never ended", () => {
    receive(1);
    send(senders[0], 4000);
    fabric.filter = (packet) => packet[0] === 0x00;
    fabric.settle(0.1);
    hca().modifyQp(b.qpn, { state: abi.QPS_ERR }, fabric.now);
    hca().doorbell(b.qpn);
    expect(b.recvCq.drain()).toMatchObject([{ id: 1n, status: abi.WC_WR_FLUSH_ERR }]);
    expect(b.adapter.events.async).toHaveLength(1);
  });
});

test("a message that is not whole is put together again after its queue pair has been restored", () => {
  receive(1);
  send(senders[0], 4000);
  fabric.filter = (packet) => packet[0] === 0x00;
  fabric.settle(0.1);
  hca().gate(b.qpn, "move", fabric.now);
  fabric.filter = () => true;
  fabric.settle();
  hca().freeze(b.qpn);
  const snapshot = hca().snapshot(b.qpn);
  hca().destroyQp(b.qpn);
  const qpn = hca().restore(b.qpInit, snapshot);
  hca().thaw(qpn);
  senders[0].adapter.hca.retarget(senders[0].qpn, { destQpn: qpn });
  receive(2);
  send(senders[0]);
  fabric.settle();
  expect(b.recvCq.drain().map((x) => x.id)).toEqual([1n, 2n]);
});

test("spoilt indices fail the queue pair that comes upon them, and tell of the queue", () => {
  b.memory.words[(b.rq.location.record + abi.QUEUE_PRODUCER) >> 2] = 5000;
  send(senders[0]);
  fabric.settle();
  expect(senders[0].sendCq.drain()).toMatchObject([{ status: abi.WC_REM_OP_ERR }]);
  expect(b.adapter.events.async).toMatchObject([
    { kind: "SRQ_ERR", srqn },
    { kind: "QP_FATAL", qpn: b.qpn },
    { kind: "QP_LAST_WQE_REACHED" },
  ]);
});

test("keys are of its own protection domain, not of the queue pair's", () => {
  const other = hca().allocPd();
  const [x, y] = [new Endpoint(senders[0].adapter), new Endpoint(b.adapter, { sharedWith: b })];
  hca().destroyQp(y.qpn);
  y.qpn = hca().createQp({ ...y.qpInit, pd: other });
  connect(x, y);
  receive(1);
  send(x);
  fabric.settle();
  expect(y.recvCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
});

test("a larger ring takes over what is posted; one that is too small is refused", () => {
  for (const id of [1, 2, 3]) receive(id);
  const at = b.data + 500_032 - (b.data % 64);
  expect(() => hca().modifySrq(srqn, { location: { record: at, ring: at + 64, entries: 2 } })).toThrow(code("E_VERB"));
  hca().modifySrq(srqn, { location: { record: at, ring: at + 64, entries: 128 } });
  expect(hca().querySrq(srqn)).toEqual({ entries: 128, maxSge: 4, limit: 0, posted: 3 });
  for (let i = 0; i < 3; i++) send(senders[0]);
  fabric.settle();
  expect(b.recvCq.drain().map((x) => x.id)).toEqual([1n, 2n, 3n]);
});

test("it holds its domain, is held by queue pairs, and is destroyed once", () => {
  expect(() => hca().destroySrq(srqn)).toThrow(code("E_BUSY"));
  for (const end of [b, c]) hca().destroyQp(end.qpn);
  expect(() => hca().deallocPd(b.pd)).toThrow(code("E_BUSY"));
  hca().destroySrq(srqn);
  expect(() => hca().destroySrq(srqn)).toThrow(code("E_VERB"));
  expect(() => hca().createQp(b.qpInit)).toThrow(code("E_VERB"));
});

test.each([
  ["in no protection domain", { pd: 99 }],
  ["with too many elements", { maxSge: limits.sgesMax + 1 }],
  ["with too many entries", { entries: 2 * limits.ringEntriesMax }],
  ["outside the memory", { ring: 1 << 20 }],
])("one %s is refused", (_, wrong) => {
  expect(() => hca().createSrq({ ...b.srqInit, ...wrong })).toThrow(code("E_VERB"));
});

test("an unreliable connection takes from none, and a queue pair without any receive queue is refused", () => {
  expect(() => hca().createQp({ ...b.qpInit, type: abi.QPT_UC })).toThrow(code("E_VERB"));
  const { rq: _, srq: __, ...without } = b.qpInit;
  expect(() => hca().createQp(without)).toThrow(code("E_VERB"));
});
