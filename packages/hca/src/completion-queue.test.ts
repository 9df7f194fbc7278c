import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { expect, test } from "vitest";
import { locationAt, PolledQueue } from "./queues/index.ts";
import { connectedPair, type Endpoint, type EndpointOptions } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

function pair(options: EndpointOptions = {}): readonly [Fabric, Endpoint, Endpoint] {
  const fabric = new Fabric({ crc32 });
  return [fabric, ...connectedPair(fabric, options)];
}

function sendEmpty(fabric: Fabric, a: Endpoint, b: Endpoint, flags = 0): void {
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND, flags });
  fabric.settle();
}

test("an armed queue raises one event, for the first completion after it was armed", () => {
  const [fabric, a, b] = pair();
  b.recvCq.arm(abi.CQ_ARM_ANY);
  sendEmpty(fabric, a, b);
  sendEmpty(fabric, a, b);
  expect(b.recvCq.events).toBe(1);
  expect(b.adapter.events.completions).toEqual([b.recvCqn]);
  b.recvCq.arm(abi.CQ_ARM_ANY);
  sendEmpty(fabric, a, b);
  expect(b.recvCq.events).toBe(2);
});

test("a queue armed for solicited events waits for a message that asks for one", () => {
  const [fabric, a, b] = pair();
  b.recvCq.arm(abi.CQ_ARM_SOLICITED);
  sendEmpty(fabric, a, b);
  expect(b.recvCq.events).toBe(0);
  sendEmpty(fabric, a, b, abi.SEND_SOLICITED);
  expect(b.recvCq.events).toBe(1);
});

test("an error raises the event of a queue armed for solicited ones", () => {
  const [fabric, a] = pair();
  a.sendCq.arm(abi.CQ_ARM_SOLICITED);
  a.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 8)] });
  fabric.settle();
  expect(a.sendCq.events).toBe(1);
});

test("a queue that is full overruns: it says so, keeps what it has, and its queue pairs fail", () => {
  const [fabric, a, b] = pair({ cqEntries: 2 });
  for (let i = 0; i < 4; i++) sendEmpty(fabric, a, b);
  expect(b.recvCq.overrun).toBe(true);
  expect(b.adapter.hca.queryCq(b.recvCqn)).toEqual({ entries: 2, overrun: true, channel: null });
  expect(b.recvCq.drain()).toHaveLength(2);
  expect(b.adapter.hca.queryQp(b.qpn).state).toBe(abi.QPS_ERR);
  expect(b.adapter.events.async).toEqual([
    { kind: "CQ_ERR", cqn: b.recvCqn },
    { kind: "QP_FATAL", qpn: b.qpn },
  ]);
  sendEmpty(fabric, a, b);
  expect(b.recvCq.drain()).toEqual([]);
});

test("a queue in use cannot be destroyed, an unused one can", () => {
  const [, a] = pair();
  expect(() => a.adapter.hca.destroyCq(a.sendCqn)).toThrow(expect.objectContaining({ code: "E_BUSY" }));
  a.adapter.hca.destroyQp(a.qpn);
  a.adapter.hca.destroyCq(a.sendCqn);
  expect(() => a.adapter.hca.destroyCq(a.sendCqn)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});

test("a queue that is resized keeps what is not polled, its indices and what is armed, and goes on", () => {
  const [fabric, a, b] = pair({ cqEntries: 4 });
  const { hca } = b.adapter;
  for (let i = 0; i < 6; i++) {
    sendEmpty(fabric, a, b);
    a.sendCq.drain();
    if (i < 3) b.recvCq.poll();
  }
  b.recvCq.arm(abi.CQ_ARM_ANY);
  const location = locationAt(500_032, 16);
  hca.resizeCq(b.recvCqn, location);
  const resized = new PolledQueue(b.memory, location);
  expect(resized.drain()).toHaveLength(3);
  for (let i = 0; i < 9; i++) {
    sendEmpty(fabric, a, b);
    a.sendCq.drain();
  }
  expect([resized.drain().length, resized.events, resized.overrun]).toEqual([9, 1, false]);
});

test("a queue is not resized to less than it holds, nor outside its memory, and stays what it was", () => {
  const [fabric, a, b] = pair({ cqEntries: 4 });
  const { hca } = b.adapter;
  for (let i = 0; i < 3; i++) sendEmpty(fabric, a, b);
  const refused = expect.objectContaining({ code: "E_VERB" });
  expect(() => hca.resizeCq(b.recvCqn, locationAt(500_032, 2))).toThrow(refused);
  expect(() => hca.resizeCq(b.recvCqn, locationAt(1 << 20, 16))).toThrow(refused);
  expect(() => hca.resizeCq(99, locationAt(500_032, 16))).toThrow(refused);
  expect(b.recvCq.drain()).toHaveLength(3);
});
