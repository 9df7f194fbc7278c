import { ACCESS_LOCAL_WRITE, ACCESS_REMOTE_ATOMIC, ACCESS_REMOTE_READ, ACCESS_REMOTE_WRITE } from "@nomad/abi";
import { type LKey, Random } from "@nomad/base";
import { beforeEach, expect, test } from "vitest";
import { MemoryRegions } from "./memory-region.ts";
import { sharedMemory } from "./testing/fabric.ts";

const memory = sharedMemory(4096);
const access = ACCESS_LOCAL_WRITE | ACCESS_REMOTE_READ;
let regions: MemoryRegions;
let pd: number;

beforeEach(() => {
  regions = new MemoryRegions(new Random(3));
  pd = regions.allocPd();
});

const register = (address: number, length: number) => regions.register({ pd, memory, address, length, access });

test("a key opens its region, up to both ends and no further", () => {
  const { lkey } = register(100, 50);
  const opens = (address: number, length: number) => regions.lookup(lkey, pd, address, length, access) !== null;
  expect([opens(100, 50), opens(149, 1), opens(150, 0), opens(100, 0)]).toEqual([true, true, true, true]);
  expect([opens(99, 1), opens(149, 2), opens(151, 0), opens(2 ** 60, 1), opens(100, 2 ** 32)]).toEqual(
    new Array(5).fill(false),
  );
});

test("a key opens nothing with another variant, in another domain, or for access that was not given", () => {
  const { lkey } = register(0, 10);
  expect(regions.lookup(lkey, pd, 0, 1, ACCESS_REMOTE_READ)?.lkey).toBe(lkey);
  expect(regions.lookup(lkey ^ 1, pd, 0, 1, 0)).toBe(null);
  expect(regions.lookup(lkey, regions.allocPd(), 0, 1, 0)).toBe(null);
  expect(regions.lookup(lkey, pd, 0, 1, ACCESS_REMOTE_WRITE)).toBe(null);
  for (const key of [0, 1, 0xffffffff]) expect(regions.lookup(key, pd, 0, 1, 0)).toBe(null);
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
  expect(regions.lookup(lkey, pd, 4096, 0, access)?.length).toBe(0);
  expect(regions.lookup(lkey, pd, 4096, 1, access)).toBe(null);
});

test.each([
  ["outside the memory", { address: 4000, length: 97, access }],
  ["at a negative address", { address: -1, length: 1, access }],
  ["of a fraction of a byte", { address: 0, length: 0.5, access }],
  ["writable for peers but not for its owner", { address: 0, length: 1, access: ACCESS_REMOTE_WRITE }],
  ["with atomics but not writable", { address: 0, length: 1, access: ACCESS_REMOTE_ATOMIC }],
])("a region %s is refused", (_, wrong) => {
  expect(() => regions.register({ pd, memory, ...wrong })).toThrow(expect.objectContaining({ code: "E_VERB" }));
  regions.deallocPd(pd);
});

test("a protection domain in use cannot be deallocated", () => {
  const { lkey } = register(0, 1);
  expect(() => regions.deallocPd(pd)).toThrow(expect.objectContaining({ code: "E_BUSY" }));
  regions.deregister(lkey);
  regions.deallocPd(pd);
  expect(() => register(0, 1)).toThrow(expect.objectContaining({ code: "E_VERB" }));
});
