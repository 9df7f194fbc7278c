import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { LKey, RKey } from "@nomad/base";
import { beforeEach, describe, expect, test } from "vitest";
import type { MwBinding } from "./queues/index.ts";
import { ACCESS_ALL, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import { nextKey, WINDOW_ACCESS, WindowLab } from "./testing/windows.ts";
import type { MemoryWindow, MwType } from "./types.ts";

let lab: WindowLab;
/** `b` owns the memory that windows are bound to; `a` is its peer. */
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  lab = new WindowLab(new Fabric({ crc32 }));
  ({ a, b } = lab);
});

const hca = () => lab.hca;
const alloc = (type?: MwType) => lab.alloc(type);
const bind = (...args: Parameters<WindowLab["bind"]>) => lab.bind(...args);
const access = (...args: Parameters<WindowLab["access"]>) => lab.access(...args);
const invalidate = (...args: Parameters<WindowLab["invalidate"]>) => lab.invalidate(...args);
const secondPair = () => lab.secondPair();
const code = (name: string) => expect.objectContaining({ code: name });

describe.each([abi.MW_TYPE_1, abi.MW_TYPE_2] as const)("a window of type %i", (type) => {
  test("opens what it is bound to, and says so", () => {
    const mw = alloc(type);
    const [status, rkey] = bind(mw);
    expect(status).toBe(abi.WC_SUCCESS);
    expect(hca().queryMw(rkey)).toMatchObject({ type, address: b.data + 100, length: 200, lkey: b.region.lkey });
    for (const opcode of [abi.WR_RDMA_READ, abi.WR_RDMA_WRITE]) expect(access(rkey, opcode, 100, 200)).toBe(0);
    expect(access(rkey, abi.WR_ATOMIC_FETCH_AND_ADD, 104 - ((b.data + 104) % 8))).toBe(0);
  });

  test("completes its bind as such", () => {
    b.post({
      id: 9n,
      opcode: abi.WR_BIND_MW,
      rkey: nextKey(alloc(type).rkey),
      bind: { type, lkey: b.region.lkey, address: b.data, length: 8, access: 0 },
    });
    lab.fabric.settle();
    expect(b.sendCq.drain()).toMatchObject([{ id: 9n, status: abi.WC_SUCCESS, opcode: abi.WC_BIND_MW }]);
  });

  test.each([
    ["before it", 99, 8],
    ["past it", 293, 8],
  ])("does not open what is %s", (_, offset, length) => {
    const [, rkey] = bind(alloc(type));
    expect(access(rkey, abi.WR_RDMA_READ, offset, length)).toBe(abi.WC_REM_ACCESS_ERR);
  });

  test.each([
    [abi.WR_RDMA_WRITE, abi.ACCESS_REMOTE_WRITE],
    [abi.WR_RDMA_READ, abi.ACCESS_REMOTE_READ],
    [abi.WR_ATOMIC_CMP_AND_SWP, abi.ACCESS_REMOTE_ATOMIC],
  ])("refuses opcode %i when bound without access flag %i", (opcode, flag) => {
    const [, rkey] = bind(alloc(type), { access: WINDOW_ACCESS & ~flag });
    expect(access(rkey, opcode, 104 - ((b.data + 104) % 8))).toBe(abi.WC_REM_ACCESS_ERR);
  });

  test("opens nothing unbound, nor by its old key", () => {
    const mw = alloc(type);
    bind(mw);
    expect(access(mw.rkey)).toBe(abi.WC_REM_ACCESS_ERR);
    expect(hca().queryMw(alloc(type).rkey)).toMatchObject({ length: 0, lkey: null });
  });

  const failures: readonly (readonly [string, () => Partial<MwBinding>])[] = [
    ["an lkey that there is not", () => ({ lkey: (b.region.lkey ^ 2) as LKey })],
    ["a range past the region", () => ({ address: (1 << 20) - 8, length: 9 })],
    ["a range before the region", () => ({ address: b.data - 1 })],
    ["local access", () => ({ access: abi.ACCESS_LOCAL_WRITE })],
    ["the other type", () => ({ type: (3 - type) as MwType })],
    ["a region of another domain", () => ({ lkey: hca().registerMemory({ ...region(), pd: hca().allocPd() }).lkey })],
    ["a region without bind access", () => ({ lkey: hca().registerMemory({ ...region(), access: ACCESS_ALL }).lkey })],
    [
      "a zero-based region",
      () => ({ lkey: hca().registerMemory({ ...region(), access: region().access | abi.ACCESS_ZERO_BASED }).lkey }),
    ],
    [
      "remote writes to a region without local ones",
      () => ({ lkey: hca().registerMemory({ ...region(), access: abi.ACCESS_MW_BIND }).lkey }),
    ],
  ];
  test.each(failures)("cannot be bound with %s, and the queue pair fails", (_, change) => {
    const mw = alloc(type);
    expect(bind(mw, change())[0]).toBe(abi.WC_MW_BIND_ERR);
    expect(hca().queryQp(b.qpn).state).toBe(abi.QPS_ERR);
    expect(hca().queryMw(mw.rkey).length).toBe(0);
  });

  test("of another protection domain than the queue pair's cannot be bound", () => {
    expect(bind(hca().allocMw(hca().allocPd(), type))[0]).toBe(abi.WC_MW_BIND_ERR);
  });

  test("may be freed while it is bound, and opens nothing then", () => {
    const [, rkey] = bind(alloc(type));
    hca().deallocMw(rkey);
    expect(access(rkey)).toBe(abi.WC_REM_ACCESS_ERR);
    expect(() => hca().deallocMw(rkey)).toThrow(code("E_VERB"));
    hca().deregisterMemory(b.region.lkey);
  });

  test("keeps its region from being deregistered or registered again while it is bound", () => {
    const [, rkey] = bind(alloc(type));
    expect(() => hca().deregisterMemory(b.region.lkey)).toThrow(code("E_BUSY"));
    expect(() => hca().reregisterMemory(b.region.lkey, { length: 9 })).toThrow(code("E_BUSY"));
    hca().deallocMw(rkey);
    hca().deregisterMemory(b.region.lkey);
  });

  test("holds its protection domain", () => {
    const pd = hca().allocPd();
    const { rkey } = hca().allocMw(pd, type);
    expect(() => hca().deallocPd(pd)).toThrow(code("E_BUSY"));
    hca().deallocMw(rkey);
    hca().deallocPd(pd);
  });
});

const region = () => ({
  pd: b.pd,
  memory: b.memory,
  address: b.data,
  length: 1000,
  access: ACCESS_ALL | abi.ACCESS_MW_BIND,
});

describe("type 1", () => {
  test("is bound again with another key, and unbound by a bind of no bytes", () => {
    const mw = alloc(abi.MW_TYPE_1);
    const [, first] = bind(mw);
    const [status, second] = bind({ ...mw, rkey: first }, { address: b.data + 500 });
    expect([status, access(second, abi.WR_RDMA_READ, 500)]).toEqual([0, 0]);
    const [unbound, third] = bind({ ...mw, rkey: second }, { length: 0 });
    expect([unbound, hca().queryMw(third).length]).toEqual([0, 0]);
    hca().deregisterMemory(b.region.lkey);
  });

  test("opens to every queue pair of its domain", () => {
    const [x] = secondPair();
    const [, rkey] = bind(alloc(abi.MW_TYPE_1));
    expect(access(rkey, abi.WR_RDMA_READ, 100, 8, x)).toBe(0);
  });

  test("is not zero-based", () => {
    expect(bind(alloc(abi.MW_TYPE_1), { access: WINDOW_ACCESS | abi.ACCESS_ZERO_BASED })[0]).toBe(abi.WC_MW_BIND_ERR);
  });

  test("is not invalidated, neither here nor by a peer", () => {
    const [, rkey] = bind(alloc(abi.MW_TYPE_1));
    expect(invalidate(rkey)).toBe(abi.WC_MW_BIND_ERR);
  });

  test("stays bound when the queue pair that bound it is gone", () => {
    const [x, y] = secondPair();
    const [, rkey] = bind(alloc(abi.MW_TYPE_1), {}, y);
    y.adapter.hca.destroyQp(y.qpn);
    x.adapter.hca.destroyQp(x.qpn);
    expect(access(rkey)).toBe(0);
  });
});

describe("type 2", () => {
  test("opens only to the queue pair that bound it", () => {
    const [x] = secondPair();
    const [, rkey] = bind(alloc());
    expect(access(rkey, abi.WR_RDMA_READ, 100, 8, x)).toBe(abi.WC_REM_ACCESS_ERR);
    expect(access(rkey)).toBe(0);
  });

  test("is bound again only when it has been invalidated, by any queue pair of its domain", () => {
    const mw = alloc();
    const [, rkey] = bind(mw);
    expect(invalidate(rkey)).toBe(0);
    const [x, y] = secondPair();
    const [status, second] = bind({ ...mw, rkey }, {}, y);
    expect([status, access(second, abi.WR_RDMA_READ, 100, 8, x)]).toEqual([0, 0]);
    expect(bind({ ...mw, rkey: second }, {}, y)[0]).toBe(abi.WC_MW_BIND_ERR);
  });

  test("is not bound to no bytes", () => {
    expect(bind(alloc(), { length: 0 })[0]).toBe(abi.WC_MW_BIND_ERR);
  });

  test("is named from 0 when it is bound zero-based", () => {
    b.bytes(100, 8).fill(7);
    const [, rkey] = bind(alloc(), { access: WINDOW_ACCESS | abi.ACCESS_ZERO_BASED });
    expect(access(rkey, abi.WR_RDMA_READ, -b.data)).toBe(0);
    expect([...a.bytes(0, 8)]).toEqual(new Array(8).fill(7));
    expect(access(rkey, abi.WR_RDMA_READ, 100)).toBe(abi.WC_REM_ACCESS_ERR);
  });

  test("opens nothing once it is invalidated here", () => {
    const [, rkey] = bind(alloc());
    b.post({ id: 3n, opcode: abi.WR_LOCAL_INV, rkey });
    lab.fabric.settle();
    expect(b.sendCq.drain()).toMatchObject([{ id: 3n, status: 0, opcode: abi.WC_LOCAL_INV }]);
    expect(access(rkey)).toBe(abi.WC_REM_ACCESS_ERR);
  });

  const wrongs: readonly (readonly [string, () => RKey])[] = [
    ["a window that is not bound", () => alloc().rkey],
    ["a wrong variant", () => nextKey(bind(alloc())[1])],
    ["a region", () => b.region.rkey],
    ["nothing", () => 0 as RKey],
  ];
  test.each(wrongs)("to invalidate %s fails the queue pair", (_, rkey) => {
    expect(invalidate(rkey())).toBe(abi.WC_MW_BIND_ERR);
    expect(hca().queryQp(b.qpn).state).toBe(abi.QPS_ERR);
  });

  test("is not invalidated by another queue pair than the one that bound it", () => {
    const [, y] = secondPair();
    const [, rkey] = bind(alloc());
    expect(invalidate(rkey, y)).toBe(abi.WC_MW_BIND_ERR);
    expect(access(rkey)).toBe(0);
  });

  test("is unbound when its queue pair is destroyed", () => {
    const [x, y] = secondPair();
    const [, rkey] = bind(alloc(), {}, y);
    y.adapter.hca.destroyQp(y.qpn);
    expect(access(rkey, abi.WR_RDMA_READ, 100, 8, a)).toBe(abi.WC_REM_ACCESS_ERR);
    expect(hca().queryMw(rkey).length).toBe(0);
    x.adapter.hca.destroyQp(x.qpn);
    hca().deregisterMemory(b.region.lkey);
  });
});

test("a window of no known type is refused", () => {
  expect(() => hca().allocMw(b.pd, 3 as MwType)).toThrow(code("E_VERB"));
  expect(() => hca().allocMw(99, abi.MW_TYPE_1)).toThrow(code("E_VERB"));
});

describe("a window that is made again elsewhere", () => {
  const elsewhere = (mw: MemoryWindow) => {
    const { rkey: _, ...was } = mw;
    return hca().restoreMw(was);
  };

  test.each([abi.MW_TYPE_1, abi.MW_TYPE_2] as const)("of type %i, is bound as it was, under another key", (type) => {
    const [, rkey] = bind(alloc(type));
    const was = hca().queryMw(rkey);
    hca().deallocMw(rkey);
    const restored = elsewhere(was);
    expect({ ...restored, rkey }).toEqual(was);
    expect(was.qpn).toBe(type === abi.MW_TYPE_2 ? b.qpn : null);
    expect([access(restored.rkey), access(rkey)]).toEqual([0, abi.WC_REM_ACCESS_ERR]);
  });

  test("is unbound when it was", () => {
    expect(elsewhere(alloc())).toMatchObject({ lkey: null, length: 0, qpn: null });
  });

  test("is refused, and leaves nothing behind, when it cannot be bound so", () => {
    const [, rkey] = bind(alloc());
    const was = hca().queryMw(rkey);
    const pd = hca().allocPd();
    expect(() => elsewhere({ ...was, pd })).toThrow(code("E_VERB"));
    expect(() => elsewhere({ ...was, length: 1 << 21 })).toThrow(code("E_VERB"));
    hca().deallocPd(pd);
  });
});
