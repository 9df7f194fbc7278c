import type { RKey } from "@nomad/base";
import type { SendWr } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { siblingPair } from "./kit/siblings.ts";
import { test } from "./kit/test.ts";
import { bindWindow, bindWr, boundWindow, throughWindow } from "./kit/windows.ts";
import { execute, oneSided, refusal, statusOf } from "./kit/work.ts";

// Windows of type 2B: they belong to the queue pair that has bound them (IBA 10.6.7.2).

const localInv = (invalidateRkey: number, signaled = true): SendWr => {
  return { wrId: 2, opcode: "WR_LOCAL_INV", invalidateRkey, signaled };
};

function readThrough(lab: Lab, a: End, b: End, rkey: number): Promise<string> {
  return statusOf(lab, a, oneSided.read(a.mr.sge(0, 64), { remoteAddress: b.mr.address, rkey }));
}

test("MwType2Test.Bind: a window is bound under the key that its owner chose", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2, { tag: 0x5a });
  expect(mw.rkey & 0xff).toBe(0x5a);
  expect(mw.query()).toMatchObject({ rkey: mw.rkey, length: b.mr.length });
  expect(await readThrough(lab, a, b, mw.rkey)).toBe("WC_SUCCESS");
});

test("MwType2Test.UnsignaledBind: a bind that succeeds unsignaled is silent, and has bound", async ({ lab }) => {
  const { a, b } = makePair(lab, { sqSigAll: false });
  const [first, second] = [b.pd.allocMw(2), b.pd.allocMw(2)];
  b.qp.postSend(bindWr(b, first, { wrId: 1, signaled: false }));
  b.qp.postSend(bindWr(b, second, { wrId: 2, signaled: true }));
  expect(await lab.completion(b.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS" });
  expect(b.sendCq.poll()).toEqual([]);
  for (const { rkey } of [first, second]) {
    const read = oneSided.read(a.mr.sge(0, 64), { remoteAddress: b.mr.address, rkey });
    expect(await statusOf(lab, a, { ...read, signaled: true })).toBe("WC_SUCCESS");
  }
});

test("MwType2Test.BindZeroLengthMw: a bind of no bytes is refused", async ({ lab }) => {
  const { b } = makePair(lab);
  expect(await bindWindow(lab, b, b.pd.allocMw(2), { length: 0 })).toBe("WC_MW_BIND_ERR");
});

test("MwType2Test.BindRKeyReuse: two windows may have the same lowest bits, and are told apart", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const first = await boundWindow(lab, b, 2, { tag: 7, length: 64 });
  const second = await boundWindow(lab, b, 2, { tag: 7, offset: 64, length: 64 });
  expect(first.rkey & 0xff).toBe(second.rkey & 0xff);
  expect(first.rkey).not.toBe(second.rkey);
  expect(await readThrough(lab, a, b, first.rkey)).toBe("WC_SUCCESS");
  expect(await readThrough(lab, a, b, second.rkey)).toBe("WC_REM_ACCESS_ERR");
});

test("MwType2Test.DistinctRKeys: a thousand windows with the same lowest bits have a thousand keys", async ({
  lab,
}) => {
  const { b } = makePair(lab);
  const keys = new Set<number>();
  for (let i = 0; i < 10; i++) {
    const windows = Array.from({ length: 100 }, () => b.pd.allocMw(2));
    for (const mw of windows) b.qp.postSend(bindWr(b, mw, { tag: 0x21 }));
    const wcs = await lab.completions(b.sendCq, windows.length);
    expect(new Set(wcs.map((wc) => wc.status))).toEqual(new Set(["WC_SUCCESS"]));
    for (const mw of windows) keys.add(mw.query().rkey);
  }
  expect(keys.size).toBe(1000);
  expect([...keys].every((key) => (key & 0xff) === 0x21)).toBe(true);
});

test("MwType2Test.UnsignaledBindError: a bind that fails completes, signaled or not", async ({ lab }) => {
  const { b } = makePair(lab, { sqSigAll: false });
  const mw = b.pd.allocMw(2);
  b.qp.postSend(bindWr(b, mw, { wrId: 5, offset: b.mr.length, length: 64, signaled: false }));
  expect(await lab.completion(b.sendCq)).toMatchObject({ wrId: 5, status: "WC_MW_BIND_ERR" });
});

test("MwType2Test.LocalInvalidate: an invalidated window opens nothing", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2);
  expect(await execute(lab, b, localInv(mw.rkey))).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_LOCAL_INV" });
  expect(mw.query()).toMatchObject({ length: 0, lkey: null });
  expect(await readThrough(lab, a, b, mw.rkey)).toBe("WC_REM_ACCESS_ERR");
});

test("MwType2Test.UnsignaledLocalInvalidate: an unsignaled invalidation is silent, and closes the window", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, { sqSigAll: false });
  const mw = await boundWindow(lab, b, 2);
  b.qp.postSend(localInv(mw.rkey, false));
  expect(await readThrough(lab, a, b, mw.rkey)).toBe("WC_REM_ACCESS_ERR");
  expect(b.sendCq.poll()).toEqual([]);
});

test("MwType2Test.UnsignaledLocalInvalidateError: to invalidate what is not bound fails, signaled or not", async ({
  lab,
}) => {
  const { b } = makePair(lab, { sqSigAll: false });
  const mw = await boundWindow(lab, b, 2);
  b.qp.postSend(localInv(mw.rkey + 1, false));
  expect(await lab.completion(b.sendCq)).toMatchObject({ wrId: 2, status: "WC_MW_BIND_ERR" });
  expect(mw.query()).toMatchObject({ length: b.mr.length });
});

test("MwType2Test.Type1BindOnType2: a bind of type 1 does not bind a window of type 2", async ({ lab }) => {
  const { b } = makePair(lab);
  const mw = b.pd.allocMw(2);
  const bind = { mr: b.mr, address: b.mr.address, length: 64, access: 0, rkey: mw.rkey };
  const wr: SendWr = { opcode: "WR_BIND_MW", mw: b.pd.allocMw(1), bind };
  expect(await statusOf(lab, b, wr)).toBe("WC_MW_BIND_ERR");
  expect(mw.query()).toMatchObject({ type: 2, length: 0 });
});

test("MwType2Test.DestroyQpWithType2Bound: a queue pair may go while it has windows, and they are unbound", async ({
  lab,
}) => {
  const { b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2);
  b.qp.destroy();
  expect(mw.query()).toMatchObject({ length: 0, lkey: null });
  b.mr.dereg();
});

test("MwType2Test.DeregMrWhenBound: a region is not deregistered before its window is invalidated", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2);
  expect(() => b.mr.dereg()).toThrowError(refusal("E_BUSY"));
  expect(await readThrough(lab, a, b, mw.rkey)).toBe("WC_SUCCESS");
  expect(await statusOf(lab, b, localInv(mw.rkey))).toBe("WC_SUCCESS");
  b.mr.dereg();
});

test("MwType2Test.RebindToDifferentQp: a bound window is not bound by another queue pair", async ({ lab }) => {
  const pair = makePair(lab);
  const mw = await boundWindow(lab, pair.b, 2);
  const rkey = mw.rkey;
  expect(await bindWindow(lab, siblingPair(pair).b, mw)).toBe("WC_MW_BIND_ERR");
  expect(await readThrough(lab, pair.a, pair.b, rkey)).toBe("WC_SUCCESS");
});

test("MwType2Test.RebindToDifferentRKey: a bound window is not bound again, under whatever key", async ({ lab }) => {
  const { b } = makePair(lab);
  const mw = await boundWindow(lab, b, 2, { tag: 1 });
  const rkey = mw.rkey as RKey;
  expect(await bindWindow(lab, b, mw, { tag: 2, length: 64 })).toBe("WC_MW_BIND_ERR");
  expect(b.context.hca.queryMw(rkey)).toMatchObject({ rkey, length: b.mr.length });
});

test("MwType2Test.CrossQpInvalidate: a queue pair does not invalidate what another has bound", async ({ lab }) => {
  const pair = makePair(lab);
  const mw = await boundWindow(lab, pair.b, 2);
  expect(await statusOf(lab, siblingPair(pair).b, localInv(mw.rkey))).toBe("WC_MW_BIND_ERR");
  expect(await readThrough(lab, pair.a, pair.b, mw.rkey)).toBe("WC_SUCCESS");
});

test("MwType2Test.CrossQpRead: a window does not open to the peer of another queue pair", async ({ lab }) => {
  const pair = makePair(lab);
  const mw = await boundWindow(lab, pair.b, 2);
  const other = siblingPair(pair);
  const read = oneSided.read(other.a.mr.sge(0, 64), throughWindow(other.b, mw));
  expect(await statusOf(lab, other.a, read)).toBe("WC_REM_ACCESS_ERR");
});

test("MwType2Test.BindType1WhenQpError: in the error state a bind of type 2, too, is flushed", async ({ lab }) => {
  const { b } = makePair(lab);
  b.qp.modify({ state: "ERR" });
  expect(await bindWindow(lab, b, b.pd.allocMw(2))).toBe("WC_WR_FLUSH_ERR");
});
