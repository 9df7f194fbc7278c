import type { QpType } from "@nomad/verbs";
import { expect } from "vitest";
import { makeEnd } from "./kit/ends.ts";
import { openLab, test } from "./kit/test.ts";
import { refusal } from "./kit/work.ts";

const large = { contexts: 1, heapBytes: 64 * 1024 * 1024 };

test("QpTest.Create: a queue pair is made in RESET, of the kind and in the domain that were asked for", ({ lab }) => {
  const { pd, qp } = makeEnd(lab.context(0));
  expect([qp.type, qp.pd === pd]).toEqual(["RC", true]);
  expect(qp.query()).toMatchObject({ state: "RESET", curState: "RESET", type: "RC" });
  qp.destroy();
  expect(qp.alive).toBe(false);
});

test("QpTest.CreateWithInlineMax: a queue pair carries as much inline data as was asked for, or is refused", ({
  lab,
}) => {
  const { pd, sendCq, recvCq } = makeEnd(lab.context(0));
  for (const maxInlineData of [0, 36, 96, 216, 256]) {
    const qp = pd.createQp({ sendCq, recvCq, maxInlineData });
    expect(qp.maxInlineData).toBeGreaterThanOrEqual(maxInlineData);
  }
  expect(() => pd.createQp({ sendCq, recvCq, maxInlineData: 1000 })).toThrowError(refusal("E_VERB"));
});

for (const [title, which] of [
  ["QpTest.CreateWithInvalidSendCq: sends cannot complete in a queue that there is not", "sendCq"],
  ["QpTest.CreateWithInvalidRecvCq: receives cannot complete in a queue that there is not", "recvCq"],
] as const) {
  test(title, ({ lab }) => {
    const { context, pd, sendCq, recvCq } = makeEnd(lab.context(0));
    const gone = context.createCq({ entries: 4 });
    gone.destroy();
    const free = context.heap.freeBytes;
    expect(() => pd.createQp({ sendCq, recvCq, [which]: gone })).toThrowError(refusal("E_VERB"));
    expect(context.heap.freeBytes).toBe(free);
  });
}

test("QpTest.CreateWithInvalidSrq: receives cannot be taken from a shared queue that there is not", ({ lab }) => {
  const { pd, sendCq, recvCq } = makeEnd(lab.context(0));
  const srq = pd.createSrq({ maxWr: 4 });
  srq.destroy();
  expect(() => pd.createQp({ sendCq, recvCq, srq })).toThrowError(refusal("E_VERB"));
});

test("QpTest.UnknownType: a queue pair of a transport that there is not is refused", ({ lab }) => {
  const { pd, sendCq, recvCq } = makeEnd(lab.context(0));
  expect(() => pd.createQp({ sendCq, recvCq, type: "XX" as QpType })).toThrowError(refusal("E_VERB"));
});

test("QpTest.CreateUd: a queue pair for datagrams is made", ({ lab }) => {
  const { qp } = makeEnd(lab.context(0), { type: "UD" });
  expect(qp.query()).toMatchObject({ state: "RESET", type: "UD" });
});

test("QpTest.ZeroSendWr: a queue pair that asks for no send work requests is made", ({ lab }) => {
  const { qp } = makeEnd(lab.context(0), { maxSendWr: 0 });
  expect(qp.query().state).toBe("RESET");
});

test("QpTest.QueueRefs: completion queues stay as long as a queue pair completes in them", ({ lab }) => {
  const { qp, sendCq, recvCq } = makeEnd(lab.context(0));
  for (const cq of [sendCq, recvCq]) expect(() => cq.destroy()).toThrowError(refusal("E_BUSY"));
  qp.destroy();
  for (const cq of [sendCq, recvCq]) cq.destroy();
});

test("QpTest.MaxQpWr: either queue holds as many work requests as the device says, and no more", async () => {
  await using lab = await openLab(large);
  const { context, pd, sendCq, recvCq } = makeEnd(lab.context(0));
  const { maxQpWr } = context.queryDevice();
  const options = { sendCq, recvCq, maxSendWr: 4, maxRecvWr: 4, maxSendSge: 1, maxRecvSge: 1, maxInlineData: 16 };
  for (const which of ["maxSendWr", "maxRecvWr"]) {
    pd.createQp({ ...options, [which]: maxQpWr }).destroy();
    expect(() => pd.createQp({ ...options, [which]: maxQpWr + 1 })).toThrowError(refusal("E_VERB"));
  }
});

test("QpTest.MaxSge: a work request has as many elements as the device says, and no more", ({ lab }) => {
  const { context, pd, sendCq, recvCq } = makeEnd(lab.context(0));
  const { maxSge } = context.queryDevice();
  for (const which of ["maxSendSge", "maxRecvSge"]) {
    pd.createQp({ sendCq, recvCq, [which]: maxSge }).destroy();
    expect(() => pd.createQp({ sendCq, recvCq, [which]: maxSge + 1 })).toThrowError(refusal("E_VERB"));
  }
});

test("QpTest.DeallocPdWithOutstandingQp: a domain stays as long as a queue pair is in it", ({ lab }) => {
  const { pd, mr, qp } = makeEnd(lab.context(0));
  mr.dereg();
  expect(() => pd.dealloc()).toThrowError(refusal("E_BUSY"));
  qp.destroy();
  pd.dealloc();
});

test("QpTest.ModifyInvalidQp: a queue pair that is destroyed cannot be modified", ({ lab }) => {
  const { qp } = makeEnd(lab.context(0));
  qp.destroy();
  expect(() => qp.modify({ state: "INIT", access: 0 })).toThrowError(refusal("E_VERB"));
});

test("QpTest.QueryInvalidQp: a queue pair that is destroyed cannot be queried", ({ lab }) => {
  const { qp } = makeEnd(lab.context(0));
  qp.destroy();
  expect(() => qp.query()).toThrowError(refusal("E_VERB"));
});

test("QpTest.DestroyInvalidQp: the adapter destroys no queue pair that there is not", ({ lab }) => {
  const { qp, context } = makeEnd(lab.context(0));
  const stranger = (qp.qpn ^ 1) as Parameters<typeof context.hca.destroyQp>[0];
  expect(() => context.hca.destroyQp(stranger)).toThrowError(refusal("E_VERB"));
  expect(qp.query().state).toBe("RESET");
});
