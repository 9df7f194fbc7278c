import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { beforeEach, expect, test } from "vitest";
import { CompletionChannel } from "./completion-channel.ts";
import { locationAt, PolledQueue } from "./queues/index.ts";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

const code = (name: string) => expect.objectContaining({ code: name });
let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;
let channel: CompletionChannel;
/** Completion queues of `b`'s adapter on the channel, in its memory from 500000 on. */
let cqs: { readonly cqn: number; readonly queue: PolledQueue }[];

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
  channel = b.adapter.hca.createCompletionChannel();
  cqs = [500_032, 600_000].map((at) => {
    const location = locationAt(at, 16);
    const cqn = b.adapter.hca.createCq({ memory: b.memory, location, channel });
    return { cqn, queue: new PolledQueue(b.memory, location) };
  });
});

/** A queue pair of `b`'s that completes sends in the first queue and receives in the second, in the error state. */
function failing(): () => void {
  const { hca } = b.adapter;
  hca.destroyQp(b.qpn);
  const [send, recv] = cqs.map(({ cqn }) => cqn);
  b.qpn = hca.createQp({ ...b.qpInit, sendCq: send as number, recvCq: recv as number });
  hca.modifyQp(b.qpn, { state: abi.QPS_INIT, access: 0 }, 0);
  hca.modifyQp(b.qpn, { state: abi.QPS_ERR }, 0);
  return () => {
    b.rq.post({ id: 1n });
    b.post({ id: 1n, opcode: abi.WR_SEND });
  };
}

test("events of several queues come in order, one for each time a queue was armed", () => {
  const complete = failing();
  complete();
  expect(channel.getEvent()).toBe(null);
  for (const { queue } of cqs) queue.arm(abi.CQ_ARM_ANY);
  complete();
  complete();
  expect([channel.getEvent(), channel.getEvent(), channel.getEvent()]).toEqual([cqs[0]?.cqn, cqs[1]?.cqn, null]);
});

test("whoever listens is told with each event", () => {
  let told = 0;
  channel.onEvent = () => told++;
  const complete = failing();
  cqs[0]?.queue.arm(abi.CQ_ARM_SOLICITED);
  complete();
  complete();
  expect(told).toBe(1);
});

test("a queue with events that are not acknowledged cannot be destroyed", () => {
  const complete = failing();
  const { cqn, queue } = cqs[0] as (typeof cqs)[0];
  for (let i = 0; i < 2; i++) {
    queue.arm(abi.CQ_ARM_ANY);
    complete();
    channel.getEvent();
  }
  b.adapter.hca.destroyQp(b.qpn);
  expect(() => b.adapter.hca.destroyCq(cqn)).toThrow(code("E_BUSY"));
  expect(() => channel.ackEvents(cqn, 3)).toThrow(code("E_VERB"));
  channel.ackEvents(cqn, 1);
  expect(channel.unacked(cqn)).toBe(1);
  expect(() => b.adapter.hca.destroyCq(cqn)).toThrow(code("E_BUSY"));
  channel.ackEvents(cqn, 1);
  b.adapter.hca.destroyCq(cqn);
});

test("events that nobody got go with their queue, and those of others stay", () => {
  const complete = failing();
  for (const { queue } of cqs) queue.arm(abi.CQ_ARM_ANY);
  complete();
  b.adapter.hca.destroyQp(b.qpn);
  b.adapter.hca.destroyCq(cqs[0]?.cqn as number);
  expect([channel.getEvent(), channel.getEvent()]).toEqual([cqs[1]?.cqn, null]);
});

test("a channel with queues on it cannot be destroyed", () => {
  const { hca } = b.adapter;
  expect(() => hca.destroyCompletionChannel(channel)).toThrow(code("E_BUSY"));
  for (const { cqn } of cqs) hca.destroyCq(cqn);
  hca.destroyCompletionChannel(channel);
  expect(() => hca.destroyCompletionChannel(channel)).toThrow(code("E_VERB"));
});

test("a queue is not made on a channel of another adapter, or of none", () => {
  const init = { memory: a.memory, location: locationAt(500_032, 16) };
  expect(() => a.adapter.hca.createCq({ ...init, channel })).toThrow(code("E_VERB"));
  expect(() => a.adapter.hca.createCq({ ...init, channel: new CompletionChannel() })).toThrow(code("E_VERB"));
});

test("to ask for solicited events does not narrow what was asked for before, and to ask for any widens it", () => {
  const complete = failing();
  const { queue } = cqs[0] as (typeof cqs)[0];
  const armed = () => b.memory.view.getUint32(500_032 + abi.QUEUE_ARM, true);
  queue.arm(abi.CQ_ARM_ANY);
  queue.arm(abi.CQ_ARM_SOLICITED);
  expect(armed()).toBe(abi.CQ_ARM_ANY);
  complete();
  queue.arm(abi.CQ_ARM_SOLICITED);
  queue.arm(abi.CQ_ARM_ANY);
  expect(armed()).toBe(abi.CQ_ARM_ANY);
});

test("completions that came before a queue was armed raise no event", () => {
  const complete = failing();
  complete();
  cqs[0]?.queue.arm(abi.CQ_ARM_ANY);
  expect(channel.getEvent()).toBe(null);
});
