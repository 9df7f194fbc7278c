import type { Context, ProtectionDomain } from "@nomad/verbs";
import { TestFabric } from "@nomad/verbs/testing";
import { expect, test } from "vitest";
import { refusal } from "./kit/work.ts";

// A device has room for as many objects as it says, for no more, and for another when one is gone (IBA 11.2.1.2).

const MAX = 40;
const limits = { maxPd: MAX, maxMr: MAX, maxMw: MAX, maxCq: MAX, maxQp: MAX, maxSrq: MAX, maxAh: MAX };

/** Makes objects of a kind until the device refuses; `limit` is what it says. */
function expectLimit(limit: keyof typeof limits, make: (context: Context) => () => Disposable): void {
  using fabric = new TestFabric(1, { limits });
  const [context] = fabric.contexts;
  if (context === undefined) throw new Error("the fabric has one port");
  expect(context.queryDevice()[limit]).toBe(MAX);
  const makeOne = make(context);
  const objects = Array.from({ length: MAX }, makeOne);
  expect(makeOne).toThrowError(refusal("E_TOO_LARGE"));
  objects.pop()?.[Symbol.dispose]();
  makeOne();
  expect(makeOne).toThrowError(refusal("E_TOO_LARGE"));
}

/** In one domain. */
const inDomain = (make: (pd: ProtectionDomain) => Disposable) => (context: Context) => {
  const pd = context.allocPd();
  return () => make(pd);
};

test("DeviceLimitTest.MaxAh: as many address handles as the device says", () => {
  expectLimit(
    "maxAh",
    inDomain((pd) => pd.createAh({ dlid: 1 })),
  );
});

test("DeviceLimitTest.MaxCqMixed: as many completion queues, with a channel and without", () => {
  expectLimit("maxCq", (context) => {
    const channel = context.createCompletionChannel();
    let count = 0;
    return () => context.createCq(count++ % 2 === 0 ? { entries: 4, channel } : { entries: 4 });
  });
});

test("DeviceLimitTest.MaxMr: as many regions, though all be of the same memory", () => {
  expectLimit("maxMr", (context) => {
    const [pd, buffer] = [context.allocPd(), context.alloc(64)];
    return () => pd.regMr(buffer, 0);
  });
});

test("DeviceLimitTest.MaxMw: as many windows, of both types together", () => {
  let count = 0;
  expectLimit(
    "maxMw",
    inDomain((pd) => pd.allocMw(count++ % 2 === 0 ? 1 : 2)),
  );
});

test("DeviceLimitTest.MaxPd: as many protection domains", () => {
  expectLimit("maxPd", (context) => () => context.allocPd());
});

test("DeviceLimitTest.MaxQp: as many queue pairs, of all types together", () => {
  expectLimit("maxQp", (context) => {
    const [pd, cq] = [context.allocPd(), context.createCq({ entries: 4 })];
    const types = ["RC", "UC", "UD"] as const;
    let count = 0;
    return () => pd.createQp({ type: types[count++ % 3] ?? "RC", sendCq: cq, recvCq: cq, maxSendWr: 2, maxRecvWr: 2 });
  });
});

test("DeviceLimitTest.MaxSrq: as many shared receive queues", () => {
  expectLimit(
    "maxSrq",
    inDomain((pd) => pd.createSrq({ maxWr: 2 })),
  );
});
