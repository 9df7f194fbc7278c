import { ACCESS_LOCAL_WRITE, SGE_ADDRESS, SGE_BYTES, SGE_LENGTH, SGE_LKEY } from "@nomad/abi";
import { type Lid, Random } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryRegions } from "./memory-region.ts";
import { numbering } from "./numbering.ts";
import { ProtectionDomains } from "./protection-domains.ts";
import { SgeList } from "./sge-list.ts";
import { sharedMemory } from "./testing/fabric.ts";

const DATA = 1024;

function setUp(lengths: readonly number[]) {
  const memory = sharedMemory(1 << 16);
  const pds = new ProtectionDomains(1);
  const regions = new MemoryRegions(numbering("random", 1 as Lid, new Random(1)), pds, 9);
  const pd = pds.alloc();
  const whole = { pd, memory, address: DATA, length: 60_000, access: ACCESS_LOCAL_WRITE };
  const { lkey } = regions.register(whole);
  let address = DATA;
  for (const [i, length] of lengths.entries()) {
    memory.view.setBigUint64(i * SGE_BYTES + SGE_ADDRESS, BigInt(address), true);
    memory.view.setUint32(i * SGE_BYTES + SGE_LENGTH, length, true);
    memory.view.setUint32(i * SGE_BYTES + SGE_LKEY, lkey, true);
    address += length + 10;
  }
  const list = new SgeList(regions);
  list.load(memory, 0, lengths.length, pd, ACCESS_LOCAL_WRITE);
  return { memory, regions, lkey, list };
}

/** What the elements name, end to end. */
function expected(memory: { readonly bytes: Uint8Array }, lengths: readonly number[]): number[] {
  let at = DATA;
  return lengths.flatMap((length) => {
    const part = [...memory.bytes.subarray(at, at + length)];
    at += length + 10;
    return part;
  });
}

const someLengths = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 300 })), {
  minLength: 1,
  maxLength: 16,
});

test("gathering in any pieces, forwards or back, gives what the elements name", () => {
  fc.assert(
    fc.property(someLengths, fc.array(fc.tuple(fc.nat(5000), fc.nat(700)), { maxLength: 8 }), (lengths, pieces) => {
      const { memory, list } = setUp(lengths);
      for (let i = DATA; i < 8192; i++) memory.bytes[i] = i * 7;
      const whole = expected(memory, lengths);
      expect(list.bytes).toBe(whole.length);
      for (const [from, count] of pieces) {
        const packet = new Uint8Array(count + 2);
        const start = Math.min(from, whole.length);
        const fits = start + count <= whole.length;
        expect(list.gather(start, count, packet, 1)).toBe(fits || count === 0);
        if (fits) expect([...packet.subarray(1, 1 + count)]).toEqual(whole.slice(start, start + count));
      }
    }),
  );
});

test("what was scattered is gathered again", () => {
  fc.assert(
    fc.property(someLengths, (lengths) => {
      const { list } = setUp(lengths);
      const bytes = Uint8Array.from({ length: list.bytes }, (_, i) => i * 3 + 1);
      expect(list.scatter(0, bytes.length, bytes, 0)).toBe(true);
      const back = new Uint8Array(bytes.length);
      expect(list.gather(0, back.length, back, 0)).toBe(true);
      expect(back).toEqual(bytes);
    }),
  );
});

test("keys are looked up again when a region has been deregistered", () => {
  const { regions, lkey, list } = setUp([10]);
  expect(list.accessible()).toBe(true);
  regions.deregister(lkey);
  expect(list.accessible()).toBe(false);
  expect(list.gather(0, 5, new Uint8Array(5), 0)).toBe(false);
});

test("a list without elements holds nothing, even after one that did", () => {
  const { memory, list } = setUp([100]);
  list.load(memory, 0, 0, 1, 0);
  expect([list.bytes, list.accessible()]).toEqual([0, true]);
  expect(list.gather(0, 1, new Uint8Array(1), 0)).toBe(false);
});

test("the elements are copied: what is written to the work request afterwards does not count", () => {
  const { memory, list } = setUp([10]);
  memory.view.setUint32(SGE_LKEY, 0, true);
  expect(list.accessible()).toBe(true);
});

test("an element that goes beyond its region takes what lies inside of it, and no more", () => {
  const { list, regions, memory } = setUp([100]);
  const { lkey } = regions.register({ pd: 1, memory, address: DATA, length: 60, access: ACCESS_LOCAL_WRITE });
  memory.view.setUint32(SGE_LKEY, lkey, true);
  list.load(memory, 0, 1, 1, ACCESS_LOCAL_WRITE);
  expect(list.accessible()).toBe(false);
  expect(list.scatter(0, 60, new Uint8Array(60).fill(1), 0)).toBe(true);
  expect(list.scatter(60, 1, new Uint8Array(1).fill(1), 0)).toBe(false);
  expect([...memory.bytes.subarray(DATA + 59, DATA + 61)]).toEqual([1, 0]);
});
