import {
  ACCESS_LOCAL_WRITE,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  ACCESS_ZERO_BASED,
} from "@nomad/abi";
import { type Lid, type LKey, type Qpn, Random } from "@nomad/base";
import { beforeEach, expect, test } from "vitest";
import { MemoryRegions } from "./memory-region.ts";
import { numbering } from "./numbering.ts";
import { ProtectionDomains } from "./protection-domains.ts";
import { sharedMemory } from "./testing/fabric.ts";

const memory = sharedMemory(4096);
const access = ACCESS_LOCAL_WRITE | ACCESS_REMOTE_READ;
let pds: ProtectionDomains;
let regions: MemoryRegions;
let pd: number;
const qpn = 5 as Qpn;

beforeEach(() => {
  pds = new ProtectionDomains(10);
  regions = new MemoryRegions(numbering("random", 1 as Lid, new Random(3)), pds, 3000);
  pd = pds.alloc();
});

const register = (address: number, length: number) => regions.register({ pd, memory, address, length, access });

test("a key opens its region, up to both ends and no further", () => {
  const { lkey } = register(100, 50);
  const opens = (address: number, length: number) => regions.local(lkey, pd, address, length, access) !== null;
  expect([opens(100, 50), opens(149, 1), opens(150, 0), opens(100, 0)]).toEqual([true, true, true, true]);
  expect([opens(99, 1), opens(149, 2), opens(151, 0), opens(2 ** 60, 1), opens(100, 2 ** 32)]).toEqual(
    new Array(5).fill(false),
  );
});

test("a key opens nothing with another variant, in another domain, or for access that was not given", () => {
  const { lkey } = register(0, 10);
  expect(regions.local(lkey, pd, 0, 1, ACCESS_REMOTE_READ)?.memory).toBe(memory);
  expect(regions.local(lkey ^ 1, pd, 0, 1, 0)).toBe(null);
  expect(regions.local(lkey, pds.alloc(), 0, 1, 0)).toBe(null);
  expect(regions.local(lkey, pd, 0, 1, ACCESS_REMOTE_WRITE)).toBe(null);
  for (const key of [0, 1, 0xffffffff]) expect(regions.local(key, pd, 0, 1, 0)).toBe(null);
});

test("keys given back are not given again soon, nor with the same variant", () => {
  const old = new Set<number>();
  for (let i = 0; i < 2000; i++) {
    const { lkey } = register(0, 1);
    expect(old.has(lkey)).toBe(false);
    regions.deregister(lkey);
    old.add(lkey);
    if (old.size > 16) old.delete(old.values().next().value as number);
  }
});

test("deregistering raises the generation, and twice is refused", () => {
  const { lkey } = register(0, 1);
  const before = regions.generation;
  regions.deregister(lkey);
  expect(regions.generation).toBeGreaterThan(before);
  expect(() => regions.deregister(lkey)).toThrow(expect.objectContaining({ code: "E_VERB" }));
  expect(() => regions.deregister(0 as LKey)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});

test("a region of no bytes has keys", () => {
  const { lkey } = register(4096, 0);
  expect(regions.local(lkey, pd, 4096, 0, access)).not.toBe(null);
  expect(regions.local(lkey, pd, 4096, 1, access)).toBe(null);
});

test.each([
  ["outside the memory", { address: 4000, length: 97, access }],
  ["at a negative address", { address: -1, length: 1, access }],
  ["of a fraction of a byte", { address: 0, length: 0.5, access }],
  ["writable for peers but not for its owner", { address: 0, length: 1, access: ACCESS_REMOTE_WRITE }],
  ["with atomics but not writable", { address: 0, length: 1, access: ACCESS_REMOTE_ATOMIC }],
])("a region %s is refused", (_, wrong) => {
  expect(() => regions.register({ pd, memory, ...wrong })).toThrow(expect.objectContaining({ code: "E_VERB" }));
  pds.dealloc(pd);
});

test("a protection domain in use cannot be deallocated", () => {
  const { lkey } = register(0, 1);
  expect(() => pds.dealloc(pd)).toThrow(expect.objectContaining({ code: "E_BUSY" }));
  regions.deregister(lkey);
  pds.dealloc(pd);
  expect(() => register(0, 1)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});

test("an lkey is no rkey, and an rkey no lkey", () => {
  const { lkey, rkey } = register(0, 10);
  expect(regions.remote(rkey, { pd, qpn }, 0, 1, ACCESS_REMOTE_READ)).not.toBe(null);
  expect(regions.remote(lkey, { pd, qpn }, 0, 1, ACCESS_REMOTE_READ)).toBe(null);
  expect(regions.local(rkey, pd, 0, 1, ACCESS_REMOTE_READ)).toBe(null);
});

test("a zero-based region is named from 0, and no longer by its addresses", () => {
  const { lkey, rkey } = regions.register({ pd, memory, address: 100, length: 50, access: access | ACCESS_ZERO_BASED });
  expect(regions.local(lkey, pd, 0, 50, 0)?.base).toBe(100);
  expect(regions.remote(rkey, { pd, qpn }, 49, 1, ACCESS_REMOTE_READ)?.base).toBe(100);
  expect(regions.local(lkey, pd, 100, 1, 0)).toBe(null);
});

test("a region that is registered again keeps its keys, which open what it is now", () => {
  const { lkey, rkey } = register(0, 10);
  const other = pds.alloc();
  const before = regions.generation;
  const changed = regions.reregister(lkey, { address: 100, length: 20, pd: other, access: ACCESS_LOCAL_WRITE });
  expect(changed).toMatchObject({ lkey, rkey, address: 100, length: 20, pd: other });
  expect(regions.generation).toBeGreaterThan(before);
  expect(regions.local(lkey, other, 100, 20, ACCESS_LOCAL_WRITE)).not.toBe(null);
  expect([
    regions.local(lkey, pd, 0, 1, 0),
    regions.remote(rkey, { pd: other, qpn }, 100, 1, ACCESS_REMOTE_READ),
  ]).toEqual([null, null]);
  pds.dealloc(pd);
});

test("a region that cannot be registered again as asked stays what it is", () => {
  const { lkey } = register(0, 10);
  const refused = expect.objectContaining({ code: "E_VERB" });
  expect(() => regions.reregister(lkey, { length: 5000 })).toThrow(refused);
  expect(() => regions.reregister(lkey, { access: ACCESS_REMOTE_WRITE })).toThrow(refused);
  expect(() => regions.reregister(lkey, { pd: 99 })).toThrow(refused);
  expect(regions.local(lkey, pd, 0, 10, access)).not.toBe(null);
});

test("access flags that there are not are refused", () => {
  expect(() => regions.register({ pd, memory, address: 0, length: 1, access: 64 })).toThrow("access flags");
});
