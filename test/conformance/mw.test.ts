import type { RKey } from "@nomad/base";
import { access } from "@nomad/verbs";
import { expect } from "vitest";
import { makePair } from "./kit/ends.ts";
import { siblingPair } from "./kit/siblings.ts";
import { test } from "./kit/test.ts";
import { bindWindow, bindWr, boundWindow, remoteAccess, throughWindow, windowTypes } from "./kit/windows.ts";
import { execute, fill, oneSided, refusal, statusOf } from "./kit/work.ts";

// What holds for memory windows of both types (IBA 10.6.7, 11.2.9).

test("MwGeneralTest.Alloc: a window is allocated unbound in its domain, and given back", ({ lab }) => {
  for (const type of windowTypes) {
    const { pd, context } = makePair(lab).b;
    const mw = pd.allocMw(type);
    expect(mw.pd === pd).toBe(true);
    expect(mw.query()).toMatchObject({ type, pd: pd.handle, lkey: null, length: 0, access: 0 });
    mw.dealloc();
    expect(() => context.hca.queryMw(mw.rkey as RKey)).toThrowError(refusal("E_VERB"));
  }
});

test("MwGeneralTest.DeallocInvalidMw: a key that is no window's deallocates nothing", ({ lab }) => {
  for (const type of windowTypes) {
    const { pd, mr, context } = makePair(lab).b;
    const mw = pd.allocMw(type);
    for (const rkey of [mw.rkey ^ 2, mr.rkey, 0]) {
      expect(() => context.hca.deallocMw(rkey as RKey)).toThrowError(refusal("E_VERB"));
    }
    expect(mw.query()).toMatchObject({ type });
  }
});

test("MwGeneralTest.Bind: a bind completes as such, and the window has the range, the rights and the key asked for", async ({
  lab,
}) => {
  for (const type of windowTypes) {
    const { b } = makePair(lab);
    const mw = b.pd.allocMw(type);
    const before = mw.rkey;
    const wc = await execute(lab, b, bindWr(b, mw, { wrId: 7, offset: 64, length: 100, access: access.REMOTE_READ }));
    expect(wc).toMatchObject({ wrId: 7, status: "WC_SUCCESS", opcode: "WC_BIND_MW", qpNum: b.qp.qpn });
    expect(mw.rkey).not.toBe(before);
    const bound = { rkey: mw.rkey, lkey: b.mr.lkey, address: b.mr.address + 64, length: 100 };
    expect(mw.query()).toMatchObject({ ...bound, access: access.REMOTE_READ });
  }
});

test("MwGeneralTest.Read: a peer reads through a bound window", async ({ lab }) => {
  for (const type of windowTypes) {
    const { a, b } = makePair(lab);
    fill(b.buffer.bytes, type);
    const mw = await boundWindow(lab, b, type);
    const read = oneSided.read(a.mr.sge(0, 5000), throughWindow(b, mw));
    expect(await execute(lab, a, read)).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_RDMA_READ" });
    expect(a.buffer.bytes.compare(b.buffer.bytes, 0, 5000, 0, 5000)).toBe(0);
  }
});

test("MwGeneralTest.ReadZeroBased: a window of type 2 may be named from 0 on, one of type 1 may not", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  fill(b.buffer.bytes, 3);
  const zeroBased = { offset: 256, length: 64, access: remoteAccess | access.ZERO_BASED };
  const mw = await boundWindow(lab, b, 2, zeroBased);
  expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 64), { remoteAddress: 0, rkey: mw.rkey }))).toBe(
    "WC_SUCCESS",
  );
  expect(a.buffer.bytes.compare(b.buffer.bytes, 256, 320, 0, 64)).toBe(0);
  const beyond = oneSided.read(a.mr.sge(0, 64), throughWindow(b, mw, 256));
  expect(await statusOf(lab, a, beyond)).toBe("WC_REM_ACCESS_ERR");
  const other = makePair(lab).b;
  expect(await bindWindow(lab, other, other.pd.allocMw(1), zeroBased)).toBe("WC_MW_BIND_ERR");
});

test("MwGeneralTest.BindReadDiffQp: type 1 opens to every queue pair of the domain, type 2 to the one that bound it", async ({
  lab,
}) => {
  const expected = { 1: "WC_SUCCESS", 2: "WC_REM_ACCESS_ERR" } as const;
  for (const type of windowTypes) {
    const pair = makePair(lab);
    const mw = await boundWindow(lab, siblingPair(pair).b, type);
    const wc = await execute(lab, pair.a, oneSided.read(pair.a.mr.sge(0, 64), throughWindow(pair.b, mw)));
    expect(wc).toMatchObject({ wrId: 1, status: expected[type], qpNum: pair.a.qp.qpn });
  }
});

test("MwGeneralTest.BindInvalidMr: a bind to a region that is no more fails, and so does the queue pair", async ({
  lab,
}) => {
  for (const type of windowTypes) {
    const { b } = makePair(lab);
    const mr = b.pd.regMr(b.buffer, b.mr.access);
    mr.dereg();
    const mw = b.pd.allocMw(type);
    const wc = await execute(lab, b, bindWr(b, mw, { mr }));
    expect(wc).toMatchObject({ wrId: 1, status: "WC_MW_BIND_ERR", qpNum: b.qp.qpn });
    expect(b.qp.query().state).toBe("ERR");
  }
});

test("MwGeneralTest.BindInvalidMw: a bind of a window that is no more fails, and opens nothing", async ({ lab }) => {
  for (const type of windowTypes) {
    const pair = makePair(lab);
    const { b } = pair;
    const other = siblingPair(pair);
    const mw = b.pd.allocMw(type);
    mw.dealloc();
    expect(await bindWindow(lab, b, mw)).toBe("WC_MW_BIND_ERR");
    expect(b.qp.query().state).toBe("ERR");
    const read = oneSided.read(other.a.mr.sge(0, 64), throughWindow(b, mw));
    expect(await statusOf(lab, other.a, read)).toBe("WC_REM_ACCESS_ERR");
  }
});

test("MwGeneralTest.BindInvalidQp: a queue pair that is destroyed binds nothing", async ({ lab }) => {
  for (const type of windowTypes) {
    const { b } = makePair(lab);
    const mw = b.pd.allocMw(type);
    b.qp.destroy();
    expect(() => b.qp.postSend(bindWr(b, mw))).toThrowError(refusal("E_VERB"));
    await lab.calm();
    expect(mw.query()).toMatchObject({ length: 0 });
  }
});

test("MwGeneralTest.DeregMrWhenBound: a region that has windows is not deregistered, and stays open through them", async ({
  lab,
}) => {
  for (const type of windowTypes) {
    const { a, b } = makePair(lab);
    const mw = await boundWindow(lab, b, type);
    expect(() => b.mr.dereg()).toThrowError(refusal("E_BUSY"));
    expect(await statusOf(lab, a, oneSided.read(a.mr.sge(0, 64), throughWindow(b, mw)))).toBe("WC_SUCCESS");
    mw.dealloc();
    b.mr.dereg();
  }
});
