import type { CompletionChannel, CompletionQueue } from "@nomad/verbs";
import { expect } from "vitest";
import { connect, type End, makeEnd, remoteOf } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { siblingPair } from "./kit/siblings.ts";
import { test } from "./kit/test.ts";
import { bindWr } from "./kit/windows.ts";
import { oneSided, refusal } from "./kit/work.ts";

interface ChanneledEnd extends End {
  readonly channel: CompletionChannel;
  /** Where sends and receives complete. */
  readonly cq: CompletionQueue;
}

/** An end with one completion queue, which is on a channel. */
function makeChanneledEnd(lab: Lab, index: number): ChanneledEnd {
  const context = lab.context(index);
  const channel = context.createCompletionChannel();
  const cq = context.createCq({ entries: 64, channel });
  return { ...makeEnd(context, { sendCq: cq, recvCq: cq }), channel, cq };
}

function makeChanneledPair(lab: Lab): { a: ChanneledEnd; b: ChanneledEnd } {
  const [a, b] = [makeChanneledEnd(lab, 0), makeChanneledEnd(lab, 1)];
  connect(a.qp, b.qp);
  return { a, b };
}

function writeWr(a: End, b: End) {
  return oneSided.write(a.mr.sge(0, 8), remoteOf(b));
}

test("CompChannelTest.CreateDestroy: a channel without queues has no event, and can be destroyed once", ({ lab }) => {
  const channel = lab.context(0).createCompletionChannel();
  expect(channel.getEvent()).toBeNull();
  channel.destroy();
  expect(() => channel.destroy()).toThrowError(refusal("E_VERB"));
});

test("CompChannelTest.DestroyChannelWithCqRef: a channel with a queue on it stays until the queue is gone", ({
  lab,
}) => {
  const channel = lab.context(0).createCompletionChannel();
  const cq = lab.context(0).createCq({ entries: 10, channel });
  expect(() => channel.destroy()).toThrowError(refusal("E_BUSY"));
  cq.destroy();
  channel.destroy();
});

test("CompChannelTest.RequestNotificationOnCqWithoutCompChannel: a queue without a channel wakes who waits, and no channel has its event", async ({
  lab,
}) => {
  const { a, b } = makeChanneledPair(lab);
  const bare = siblingPair({ a, b });
  bare.a.sendCq.reqNotify();
  const waiting = bare.a.sendCq.wait();
  bare.a.qp.postSend(writeWr(a, b));
  await lab.until(waiting);
  expect(a.channel.getEvent()).toBeNull();
});

test("CompChannelTest.RequestNotificationInvalidCq: a queue that is destroyed cannot be asked for an event", ({
  lab,
}) => {
  const channel = lab.context(0).createCompletionChannel();
  const cq = lab.context(0).createCq({ entries: 10, channel });
  cq.destroy();
  expect(() => cq.reqNotify()).toThrowError(refusal("E_VERB"));
});

for (const [title, make] of [
  [
    "CompChannelTest.Atomic: an atomic that completes raises the event that was asked for",
    (a: End, b: End) => oneSided.fetchAdd(a.mr.sge(0, 8), remoteOf(b)),
  ],
  [
    "CompChannelTest.Bind: a window that is bound raises the event that was asked for",
    (a: End) => bindWr(a, a.pd.allocMw(2)),
  ],
  ["CompChannelTest.Write: a WRITE that completes raises the event that was asked for", writeWr],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeChanneledPair(lab);
    a.cq.reqNotify();
    expect(a.channel.getEvent()).toBeNull();
    a.qp.postSend(make(a, b));
    expect(await lab.until(a.channel.nextEvent())).toBe(a.cq);
    a.channel.ackEvents(a.cq);
    expect(a.cq.poll()).toMatchObject([{ status: "WC_SUCCESS" }]);
    expect(b.channel.getEvent()).toBeNull();
  });
}

for (const [title, solicited, asked, comes] of [
  ["CompChannelTest.RecvSolicitedNofityAny: a solicited message is among any", true, "any", true],
  [
    "CompChannelTest.RecvSolicitedNofitySolicited: a solicited message raises a solicited event",
    true,
    "solicited",
    true,
  ],
  ["CompChannelTest.RecvUnsolicitedNofityAny: a message that is not solicited is among any", false, "any", true],
  [
    "CompChannelTest.RecvUnsolicitedNofitySolicited: a message that is not solicited raises no solicited event",
    false,
    "solicited",
    false,
  ],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeChanneledPair(lab);
    b.cq.reqNotify(asked);
    b.qp.postRecv({});
    a.qp.postSend({ opcode: "WR_SEND", sgList: [], solicited });
    await lab.calm();
    expect(b.cq.poll()).toMatchObject([{ status: "WC_SUCCESS", opcode: "WC_RECV" }]);
    expect(b.channel.getEvent()).toBe(comes ? b.cq : null);
    expect(a.cq.poll()).toMatchObject([{ status: "WC_SUCCESS", opcode: "WC_SEND" }]);
    expect(a.channel.getEvent()).toBeNull();
  });
}

test("CompChannelTest.DeleteWithUnacked: a queue is not destroyed before its events are acknowledged", async ({
  lab,
}) => {
  const { a, b } = makeChanneledPair(lab);
  a.cq.reqNotify();
  a.qp.postSend(writeWr(a, b));
  await lab.until(a.channel.nextEvent());
  a.qp.destroy();
  expect(() => a.cq.destroy()).toThrowError(refusal("E_BUSY"));
  a.channel.ackEvents(a.cq, 1);
  a.cq.destroy();
});

/** Asks for an event and has one completion, so many times, and never looks at the channel. */
async function raise(lab: Lab, a: ChanneledEnd, b: End, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    a.cq.reqNotify();
    a.qp.postSend(writeWr(a, b));
    expect(await lab.completion(a.cq)).toMatchObject({ status: "WC_SUCCESS" });
  }
}

for (const [title, times] of [
  ["CompChannelTest.SameQueueMultipleOutstanding: a queue that was asked twice has two events", 2],
  [
    "CompChannelTest.ManyOutstanding: a queue has as many events as it was asked for, however many nobody has taken",
    300,
  ],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeChanneledPair(lab);
    await raise(lab, a, b, times);
    for (let i = 0; i < times; i++) expect(a.channel.getEvent()).toBe(a.cq);
    expect(a.channel.getEvent()).toBeNull();
    a.channel.ackEvents(a.cq, times);
    expect(() => a.channel.ackEvents(a.cq, 1)).toThrowError(refusal("E_VERB"));
  });
}

test("CompChannelTest.MuxOntoSingleChannel: twenty queues on one channel have one event each", async ({ lab }) => {
  const { a, b } = makeChanneledPair(lab);
  const channel = a.context.createCompletionChannel();
  const ends = Array.from({ length: 20 }, () => {
    const cq = a.context.createCq({ entries: 4, channel });
    return siblingPair({ a, b }, { sendCq: cq }).a;
  });
  for (const end of ends) end.sendCq.reqNotify();
  for (const end of ends) end.qp.postSend(writeWr(a, b));
  const seen = new Set<CompletionQueue>();
  for (const _ of ends) {
    const cq = await lab.until(channel.nextEvent());
    channel.ackEvents(cq);
    seen.add(cq);
    expect(cq.poll()).toMatchObject([{ status: "WC_SUCCESS" }]);
  }
  expect([...seen].map((cq) => cq.cqn).sort()).toEqual(ends.map((end) => end.sendCq.cqn).sort());
  expect(channel.getEvent()).toBeNull();
});

for (const [title, asked] of [
  ["CompChannelTest.DowngradeRequest: asking for less than was asked for changes nothing", ["any", "solicited"]],
  ["CompChannelTest.UpgradeRequest: asking for more than was asked for counts", ["solicited", "any"]],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeChanneledPair(lab);
    for (const kind of asked) b.cq.reqNotify(kind);
    b.qp.postRecv({});
    a.qp.postSend({ opcode: "WR_SEND", solicited: false });
    expect(await lab.until(b.channel.nextEvent())).toBe(b.cq);
    b.channel.ackEvents(b.cq);
  });
}

test("CompChannelTest.NoSpuriousEvents: a queue that was not asked, or has told once, has no event", async ({
  lab,
}) => {
  const { a, b } = makeChanneledPair(lab);
  a.qp.postSend(writeWr(a, b));
  await lab.calm();
  expect(a.channel.getEvent()).toBeNull();
  // The completion that is there already is none that comes.
  a.cq.reqNotify();
  await lab.calm();
  expect(a.channel.getEvent()).toBeNull();
  for (let i = 0; i < 3; i++) a.qp.postSend(writeWr(a, b));
  await lab.calm();
  expect([a.channel.getEvent(), a.channel.getEvent()]).toEqual([a.cq, null]);
  a.channel.ackEvents(a.cq);
});
