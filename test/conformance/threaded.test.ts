import { WorkCompletion } from "@nomad/verbs";
import { expect } from "vitest";
import { allAccess, connect, type End, makeEnd, remoteOf } from "./kit/ends.ts";
import { interleave } from "./kit/interleave.ts";
import type { Lab } from "./kit/lab.ts";
import { siblingOf } from "./kit/siblings.ts";
import { test } from "./kit/test.ts";
import { oneSided, statusOf } from "./kit/work.ts";

// A program has one event loop, so what other programs' threads do at once its tasks do in turns.

const tasks = 5;
const each = 40;

interface Made {
  /** What no other object of the kind has, while it lives. */
  readonly name: number;
  readonly end: () => void;
}

/** Objects that a program makes, by kind. */
const kinds = {
  ah: ({ pd, context }: End): Made => {
    const ah = pd.createAh({ dlid: context.lid });
    return { name: ah.handle, end: () => ah.destroy() };
  },
  cq: ({ context }: End): Made => {
    const cq = context.createCq({ entries: 10 });
    return { name: cq.cqn, end: () => cq.destroy() };
  },
  cqEx: ({ context }: End): Made => {
    const cq = context.createCq({ entries: 10 });
    expect(cq.pollInto([new WorkCompletion()])).toBe(0);
    return { name: cq.cqn, end: () => cq.destroy() };
  },
  pd: ({ context }: End): Made => {
    const pd = context.allocPd();
    return { name: pd.handle, end: () => pd.dealloc() };
  },
  mr: ({ pd, buffer }: End): Made => {
    const mr = pd.regMr(buffer, allAccess);
    return { name: mr.rkey, end: () => mr.dereg() };
  },
  mw: ({ pd }: End, i: number): Made => {
    const mw = pd.allocMw(i % 2 === 0 ? 1 : 2);
    return { name: mw.rkey, end: () => mw.dealloc() };
  },
  qp: ({ pd, sendCq, recvCq }: End): Made => {
    const qp = pd.createQp({ sendCq, recvCq, maxSendWr: 2, maxRecvWr: 2 });
    return { name: qp.qpn, end: () => qp.destroy() };
  },
  srq: ({ pd }: End): Made => {
    const srq = pd.createSrq({ maxWr: 4 });
    return { name: srq.srqn, end: () => srq.destroy() };
  },
} as const;

type Kind = keyof typeof kinds;

/** Each task makes an object and ends it, again and again: no two that live at once have the same name. */
function expectMadeAndEnded(lab: Lab, kind: Kind): void {
  const end = makeEnd(lab.context(0));
  const free = end.context.heap.freeBytes;
  const living = new Set<number>();
  let made = 0;
  interleave(tasks, function* () {
    for (let i = 0; i < each; i++) {
      const one = kinds[kind](end, i);
      expect(living.has(one.name)).toBe(false);
      living.add(one.name);
      made++;
      yield;
      one.end();
      living.delete(one.name);
      yield;
    }
  });
  expect([made, living.size, end.context.heap.freeBytes]).toEqual([tasks * each, 0, free]);
}

/** Each task makes many objects, and all are ended when all are there. */
function expectMadeTogether(lab: Lab, kind: Kind): void {
  const end = makeEnd(lab.context(0));
  const free = end.context.heap.freeBytes;
  const all: Made[] = [];
  interleave(tasks, function* () {
    for (let i = 0; i < each; i++) {
      all.push(kinds[kind](end, i));
      yield;
    }
  });
  expect(new Set(all.map(({ name }) => name)).size).toBe(tasks * each);
  for (const one of all) one.end();
  expect(end.context.heap.freeBytes).toBe(free);
}

for (const [title, kind] of [
  ["ThreadedTest.CreateDestroyAh: tasks in turns make and destroy address handles", "ah"],
  ["ThreadedTest.CreateDestroyCq: tasks in turns make and destroy completion queues", "cq"],
  ["ThreadedTest.CreateDestroyCqEx: tasks in turns make, read and destroy completion queues", "cqEx"],
  ["ThreadedTest.AllocDeallocPd: tasks in turns allocate and give back protection domains", "pd"],
  ["ThreadedTest.RegDeregMr: tasks in turns register and deregister one buffer", "mr"],
  ["ThreadedTest.AllocDeallocMw: tasks in turns allocate and give back memory windows of both types", "mw"],
  ["ThreadedTest.CreateDestroyQp: tasks in turns make and destroy queue pairs", "qp"],
  ["ThreadedTest.CreateDestroySrq: tasks in turns make and destroy shared receive queues", "srq"],
] as const) {
  test(title, ({ lab }) => expectMadeAndEnded(lab, kind));
}

for (const [title, kind] of [
  ["ThreadedTest.CreateAh: address handles that tasks make in turns are all there at once", "ah"],
  ["ThreadedTest.CreateCq: completion queues that tasks make in turns are all there at once", "cq"],
  ["ThreadedTest.CreateCqEx: completion queues that tasks make and read in turns are all there at once", "cqEx"],
  ["ThreadedTest.AllocPd: protection domains that tasks allocate in turns are all there at once", "pd"],
  ["ThreadedTest.RegMr: regions that tasks register in turns on one buffer have keys of their own", "mr"],
  ["ThreadedTest.AllocMw: memory windows that tasks allocate in turns have keys of their own", "mw"],
  ["ThreadedTest.CreateQp: queue pairs that tasks make in turns are all there at once", "qp"],
  ["ThreadedTest.CreateSrq: shared receive queues that tasks make in turns are all there at once", "srq"],
] as const) {
  test(title, ({ lab }) => expectMadeTogether(lab, kind));
}

test("ThreadedWorkloadTest.QpLifecycle: tasks connect, use and destroy queue pairs beside each other", async ({
  lab,
}) => {
  const [a, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
  b.buffer.bytes.fill(7);
  const lifecycle = async (task: number) => {
    for (let i = 0; i < 8; i++) {
      const [own, peer] = [siblingOf(a), siblingOf(b)];
      connect(own.qp, peer.qp);
      const read = oneSided.read(a.mr.sge(8 * task, 8), remoteOf(b));
      expect(await statusOf(lab, own, read)).toBe("WC_SUCCESS");
      for (const { qp, sendCq, recvCq } of [own, peer]) for (const one of [qp, sendCq, recvCq]) one.destroy();
    }
  };
  await Promise.all(Array.from({ length: tasks }, (_, task) => lifecycle(task)));
  expect(a.buffer.bytes.subarray(0, 8 * tasks + 1)).toEqual(
    Buffer.concat([Buffer.alloc(8 * tasks, 7), Buffer.alloc(1)]),
  );
});

test("ThreadedWorkloadTest.QpDestroyTargetWhileActive: a queue pair that is destroyed under requests leaves them unanswered, and others alone", async ({
  lab,
}) => {
  const [a, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
  const pairs = Array.from({ length: tasks }, () => ({ own: siblingOf(a), peer: siblingOf(b) }));
  for (const [i, { own, peer }] of pairs.entries())
    connect(own.qp, peer.qp, i === 0 ? { timeout: 8, retryCnt: 1 } : {});
  const post = (from: number, to: number) => {
    for (let wrId = from; wrId < to; wrId++) {
      for (const { own } of pairs) {
        own.qp.postSend({ ...oneSided.write(a.mr.sge(0, 4096), remoteOf(b)), wrId });
      }
    }
  };
  const [destroyed, ...others] = pairs as [(typeof pairs)[0], ...typeof pairs];
  post(0, 20);
  const first = await lab.completions(destroyed.own.sendCq, 1);
  destroyed.peer.qp.destroy();
  post(20, 40);
  const all = [...first, ...(await lab.completions(destroyed.own.sendCq, 39))];
  expect(all.map((wc) => wc.wrId)).toEqual(all.map((_, i) => i));
  const broken = all.findIndex((wc) => wc.status !== "WC_SUCCESS");
  expect(broken).toBeGreaterThan(0);
  expect(all.slice(broken).map((wc) => wc.status)).toEqual(
    all.slice(broken).map((_, i) => (i === 0 ? "WC_RETRY_EXC_ERR" : "WC_WR_FLUSH_ERR")),
  );
  for (const { own } of others) {
    const wcs = await lab.completions(own.sendCq, 40);
    expect(wcs.every((wc) => wc.status === "WC_SUCCESS")).toBe(true);
  }
});
