import type { RKey } from "@nomad/base";
import { expect } from "vitest";
import { makePair } from "./kit/ends.ts";
import { siblingPair } from "./kit/siblings.ts";
import { test } from "./kit/test.ts";
import { bindWindow, bindWr, boundWindow, throughWindow } from "./kit/windows.ts";
import { oneSided, refusal, statusOf } from "./kit/work.ts";

// Windows of type 1: they belong to their domain.

test("MwType1Test.BindZeroLengthMw: a bind of no bytes closes a window", async ({ lab }) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 1);
  const open = throughWindow(b, mw);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 64), open))).toBe("WC_SUCCESS");
  expect(await bindWindow(lab, b, mw, { length: 0 })).toBe("WC_SUCCESS");
  expect(mw.query()).toMatchObject({ length: 0, lkey: null });
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 64), open))).toBe("WC_REM_ACCESS_ERR");
});

test("MwType1Test.UnsignaledBindError: a bind that fails completes, signaled or not", async ({ lab }) => {
  const { b } = makePair(lab, { sqSigAll: false });
  const mw = b.pd.allocMw(1);
  b.qp.postSend(bindWr(b, mw, { wrId: 5, offset: b.mr.length, length: 64, signaled: false }));
  expect(await lab.completion(b.sendCq)).toMatchObject({ wrId: 5, status: "WC_MW_BIND_ERR" });
});

test("MwType1Test.DestroyQpWithType1Bound: a window outlives the queue pair that bound it", async ({ lab }) => {
  const pair = makePair(lab);
  const binder = siblingPair(pair).b;
  const mw = await boundWindow(lab, binder, 1);
  binder.qp.destroy();
  const read = oneSided.read(pair.a.mr.sge(0, 64), throughWindow(pair.b, mw));
  expect(await statusOf(lab, pair.a, read)).toBe("WC_SUCCESS");
});

test("MwType1Test.CrossQpManagement: what one queue pair has bound another may bind anew", async ({ lab }) => {
  const pair = makePair(lab);
  const mw = await boundWindow(lab, pair.b, 1, { length: 64 });
  const old = throughWindow(pair.b, mw);
  expect(await bindWindow(lab, siblingPair(pair).b, mw, { length: 128 })).toBe("WC_SUCCESS");
  const read = oneSided.read(pair.a.mr.sge(0, 128), throughWindow(pair.b, mw));
  expect(await statusOf(lab, pair.a, read)).toBe("WC_SUCCESS");
  expect(await statusOf(lab, pair.a, oneSided.read(pair.a.mr.sge(0, 64), old))).toBe("WC_REM_ACCESS_ERR");
});

test("MwType1Test.DeallocPdWithOutstandingMw: a domain with a window in it stays", ({ lab }) => {
  const pd = lab.context(0).allocPd();
  const mw = pd.allocMw(1);
  expect(() => pd.dealloc()).toThrowError(refusal("E_BUSY"));
  mw.dealloc();
  pd.dealloc();
});

test("MwType1Test.BindType1WhenQpError: in the error state a bind is flushed, and nothing is bound", async ({
  lab,
}) => {
  const { b } = makePair(lab);
  b.qp.modify({ state: "ERR" });
  const mw = b.pd.allocMw(1);
  const before = mw.rkey;
  expect(await bindWindow(lab, b, mw)).toBe("WC_WR_FLUSH_ERR");
  expect(b.context.hca.queryMw(before as RKey)).toMatchObject({ length: 0, rkey: before });
});
