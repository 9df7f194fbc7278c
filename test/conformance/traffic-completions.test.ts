import type { CompletionChannel, CompletionQueue, ConnectOptions } from "@nomad/verbs";
import { readyUd } from "@nomad/verbs";
import { expect } from "vitest";
import { datagram, expectArrival, postReceive, QKEY, targetOf } from "./kit/datagrams.ts";
import { connect, type End, makeEnd, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { outcomeOf, statusOf } from "./kit/work.ts";

// Completion queues that overrun, completions told by events, and receivers that are not ready.

const MESSAGES = 96;

/** A connection whose completion queues have so many entries; all messages posted. */
function crowd(lab: Lab, sendEntries: number, recvEntries: number) {
  const make = (context: number) => {
    const queue = (entries: number) => lab.context(context).createCq({ entries });
    const cqs = { sendCq: queue(sendEntries), recvCq: queue(recvEntries) };
    return makeEnd(lab.context(context), { ...cqs, maxSendWr: 128, maxRecvWr: 128 });
  };
  const [a, b] = [make(0), make(1)];
  connect(a.qp, b.qp, { timeout: 10, retryCnt: 1 });
  for (let i = 0; i < MESSAGES; i++) b.qp.postRecv({ wrId: i });
  for (let i = 0; i < MESSAGES; i++) a.qp.postSend({ wrId: i, opcode: "WR_SEND" });
  return { a, b };
}

test("CqOverrunTest.Basic: a completion queue that overruns fails its own queue pair, and no other", async ({
  lab,
}) => {
  for (const side of ["send", "recv"] as const) {
    const { a, b } = crowd(lab, side === "send" ? 32 : 128, side === "recv" ? 32 : 128);
    const other = crowd(lab, 128, 128);
    await lab.calm();
    const [victim, cq] = side === "send" ? [a, a.sendCq] : [b, b.recvCq];
    expect(cq.overrun, side).toBe(true);
    expect(cq.poll(MESSAGES).map((wc) => [wc.wrId, wc.status])).toEqual(successes(32));
    expect(victim.qp.query().state).toBe("ERR");
    const events = [victim.context.asyncEvents.poll(), victim.context.asyncEvents.poll()];
    expect(events).toEqual([
      { kind: "CQ_ERR", cqn: cq.cqn },
      { kind: "QP_FATAL", qpn: victim.qp.qpn },
    ]);
    for (const all of [other.a.sendCq, other.b.recvCq]) {
      expect(all.poll(MESSAGES).map((wc) => [wc.wrId, wc.status])).toEqual(successes(MESSAGES));
    }
  }
});

/** What the first so many completions are. */
function successes(count: number): [number, string][] {
  return Array.from({ length: count }, (_, i) => [i, "WC_SUCCESS"]);
}

/** Two ends for datagrams, each with a channel for its one completion queue. */
function evented(lab: Lab) {
  const sides = [0, 1].map((index) => {
    const context = lab.context(index);
    const channel = context.createCompletionChannel();
    const cq = context.createCq({ entries: 256, channel });
    const end = makeEnd(context, { type: "UD", sendCq: cq, recvCq: cq });
    readyUd(end.qp, QKEY);
    cq.reqNotify();
    return { channel, end };
  });
  return sides as [Side, Side];
}

interface Side {
  readonly channel: CompletionChannel;
  readonly end: End;
}

test("EventDrivenCompletionsTest.OneOpIsSuccessful: a datagram is told by one event at each end", async ({ lab }) => {
  for (const blocking of [true, false]) {
    const [a, b] = evented(lab);
    postReceive(b.end, 32);
    a.end.qp.postSend(datagram(a.end, 32, targetOf(a.end, b.end)));
    if (!blocking) await lab.calm();
    for (const { channel, end } of [a, b]) {
      const cq = blocking ? await lab.until(channel.nextEvent()) : channel.getEvent();
      expect(cq === end.sendCq).toBe(true);
      channel.ackEvents(end.sendCq);
      expect(channel.getEvent()).toBeNull();
    }
    expect(a.end.sendCq.poll()).toMatchObject([{ status: "WC_SUCCESS", opcode: "WC_SEND" }]);
    await expectArrival(lab, a.end, b.end, 32);
  }
});

/** Takes so many completions, and waits for an event whenever there is none. */
async function drainByEvents(channel: CompletionChannel, count: number): Promise<number[]> {
  const ids: number[] = [];
  const drain = (cq: CompletionQueue) => ids.push(...cq.poll(256).map((wc) => wc.wrId));
  while (ids.length < count) {
    const cq = await channel.nextEvent();
    channel.ackEvents(cq);
    // Asked for first, so that none is missed that comes after the last poll.
    cq.reqNotify();
    drain(cq);
  }
  return ids;
}

test("EventDrivenCompletionsTest.ManyOpsAreSuccessful: who waits for events misses no completion of many queues", async ({
  lab,
}) => {
  const [queues, each] = [10, 20];
  const channels = [0, 1].map((index) => lab.context(index).createCompletionChannel());
  const [sending, receiving] = channels as [CompletionChannel, CompletionChannel];
  const make = (index: number, channel: CompletionChannel) => {
    const context = lab.context(index);
    const cq = context.createCq({ entries: 64, channel });
    cq.reqNotify();
    const end = makeEnd(context, { sendCq: cq, recvCq: cq, bufferBytes: 1024 });
    return end;
  };
  for (let i = 0; i < queues; i++) {
    const [a, b] = [make(0, sending), make(1, receiving)];
    connect(a.qp, b.qp);
    for (let j = 0; j < each; j++) b.qp.postRecv({ wrId: i * each + j });
    for (let j = 0; j < each; j++) a.qp.postSend({ wrId: i * each + j, opcode: "WR_SEND" });
  }
  const total = queues * each;
  const taken = await lab.until(Promise.all([drainByEvents(sending, total), drainByEvents(receiving, total)]));
  for (const ids of taken) expect(ids.sort((x, y) => x - y)).toEqual(ids.map((_, i) => i));
  expect(taken.map((ids) => ids.length)).toEqual([total, total]);
});

/** Sixteen receives, and twice as many messages. */
function outnumbered(lab: Lab, connection: ConnectOptions) {
  const pair = makePair(lab, { maxSendWr: 32, maxRecvWr: 16 }, connection);
  for (let i = 0; i < 16; i++) pair.b.qp.postRecv({ wrId: i });
  for (let i = 0; i < 32; i++) pair.a.qp.postSend({ wrId: i, opcode: "WR_SEND" });
  return pair;
}

test("RnrNackTest.RetryFailure: a receiver that stays unready fails what it has no receive for", async ({ lab }) => {
  const { a, b } = outnumbered(lab, { minRnrTimer: 1, rnrRetry: 1 });
  const statuses = (await lab.completions(a.sendCq, 32)).map((wc) => wc.status);
  expect(outcomeOf(statuses)).toEqual({ good: 16, failures: ["WC_RNR_RETRY_EXC_ERR"], flushed: 15 });
  expect((await lab.completions(b.recvCq, 16)).map((wc) => [wc.wrId, wc.status])).toEqual(successes(16));
  expect(await statusOf(lab, a, { opcode: "WR_SEND" })).toBe("WC_WR_FLUSH_ERR");
});

test("RnrNackTest.RetrySuccess: a sender that tries for ever waits until the receiver is ready", async ({ lab }) => {
  const { a, b } = outnumbered(lab, { minRnrTimer: 31, rnrRetry: 7 });
  expect((await lab.completions(a.sendCq, 16)).map((wc) => [wc.wrId, wc.status])).toEqual(successes(16));
  await lab.calm();
  expect(a.sendCq.poll()).toEqual([]);
  for (let i = 16; i < 32; i++) {
    expect(b.recvCq.poll(1)).toMatchObject([{ wrId: i - 16 }]);
    b.qp.postRecv({ wrId: i });
  }
  const rest = await lab.completions(a.sendCq, 16);
  expect(rest.map((wc) => [wc.wrId, wc.status])).toEqual(rest.map((_, i) => [16 + i, "WC_SUCCESS"]));
  expect((await lab.completions(b.recvCq, 16)).map((wc) => wc.wrId)).toEqual(rest.map((_, i) => 16 + i));
});
