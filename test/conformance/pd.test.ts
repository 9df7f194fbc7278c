import type { Context, ProtectionDomain } from "@nomad/verbs";
import { expect } from "vitest";
import { test } from "./kit/test.ts";
import { refusal } from "./kit/work.ts";

// Protection domains, and what is in them (IBA 10.2.3, 11.2.1).

/** A domain that has been deallocated. */
function goneIn(context: Context): ProtectionDomain {
  const pd = context.allocPd();
  pd.dealloc();
  return pd;
}

/** Nothing can be deallocated under what `make` puts into the domain, until that is disposed of. */
function expectHeld(context: Context, make: (pd: ProtectionDomain) => Disposable): void {
  const pd = context.allocPd();
  {
    using _member = make(pd);
    expect(() => pd.dealloc()).toThrowError(refusal("E_BUSY"));
  }
  pd.dealloc();
  expect(() => context.hca.deallocPd(pd.handle)).toThrowError(refusal("E_VERB"));
}

test("PdTest.AllocPd: a domain is allocated in its context, and deallocated", ({ lab }) => {
  const context = lab.context(0);
  const [pd, other] = [context.allocPd(), context.allocPd()];
  expect(pd.context === context).toBe(true);
  expect(pd.handle).not.toBe(other.handle);
  pd.dealloc();
  other.dealloc();
});

test("PdTest.DeleteInvalidPd: a handle that is no domain's deallocates nothing", ({ lab }) => {
  const { hca } = lab.context(0);
  const pd = hca.allocPd();
  expect(() => hca.deallocPd(pd + 1000)).toThrowError(refusal("E_VERB"));
  hca.deallocPd(pd);
  expect(() => hca.deallocPd(pd)).toThrowError(refusal("E_VERB"));
});

test("PdTest.AllocQpWithInvalidPd: no queue pair is made in a domain that is no more, and no memory is lost", ({
  lab,
}) => {
  const context = lab.context(0);
  const cq = context.createCq({ entries: 8 });
  const free = context.heap.freeBytes;
  expect(() => goneIn(context).createQp({ sendCq: cq, recvCq: cq })).toThrowError(refusal("E_VERB"));
  expect(context.heap.freeBytes).toBe(free);
  cq.destroy();
});

test("PdTest.AllocMrWithInvalidPd: no region is registered in a domain that is no more", ({ lab }) => {
  const context = lab.context(0);
  expect(() => goneIn(context).regMr(context.alloc(64), 0)).toThrowError(refusal("E_VERB"));
});

test("PdTest.AllocMwWithInvalidPd: no window is allocated in a domain that is no more", ({ lab }) => {
  const pd = goneIn(lab.context(0));
  expect(() => pd.allocMw(1)).toThrowError(refusal("E_VERB"));
  expect(() => pd.allocMw(2)).toThrowError(refusal("E_VERB"));
});

test("PdTest.AhRefCount: a domain stays while an address handle is in it", ({ lab }) => {
  expectHeld(lab.context(0), (pd) => pd.createAh({ dlid: 1 }));
});

test("PdTest.MrRefCount: a domain stays while a region is in it", ({ lab }) => {
  const context = lab.context(0);
  expectHeld(context, (pd) => pd.regMr(context.alloc(64), 0));
});

test("PdTest.MwRefCount: a domain stays while a window is in it", ({ lab }) => {
  expectHeld(lab.context(0), (pd) => pd.allocMw(1));
  expectHeld(lab.context(0), (pd) => pd.allocMw(2));
});

test("PdTest.QpRefCount: a domain stays while a queue pair is in it", ({ lab }) => {
  const context = lab.context(0);
  const cq = context.createCq({ entries: 8 });
  expectHeld(context, (pd) => pd.createQp({ sendCq: cq, recvCq: cq }));
});

test("PdTest.SrqRefCount: a domain stays while a shared receive queue is in it", ({ lab }) => {
  expectHeld(lab.context(0), (pd) => pd.createSrq({ maxWr: 8 }));
});
