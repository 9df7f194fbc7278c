import fc from "fast-check";
import { expect, test } from "vitest";
import { Heap, HeapBuffer } from "./heap.ts";

test("allocations never overlap, and all memory comes back in one piece", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.boolean()), { maxLength: 60 }), (steps) => {
      const heap = new Heap(16_384);
      const all = heap.freeBytes;
      const held: { address: number; bytes: number }[] = [];
      for (const [bytes, give] of steps) {
        const oldest = give ? held.shift() : undefined;
        if (oldest) heap.free(oldest.address, oldest.bytes);
        else if (heap.freeBytes > 8192) held.push({ address: heap.allocate(bytes), bytes });
        const sorted = [...held].sort((a, b) => a.address - b.address);
        sorted.forEach((next, i) => {
          expect(next.address % 64).toBe(0);
          const before = sorted[i - 1];
          if (before) expect(before.address + Math.max(before.bytes, 1)).toBeLessThanOrEqual(next.address);
        });
      }
      for (const { address, bytes } of held) heap.free(address, bytes);
      expect(heap.freeBytes).toBe(all);
      heap.free(heap.allocate(all), all);
    }),
  );
});

test("more than is free is refused, and takes nothing", () => {
  const heap = new Heap(4096);
  const free = heap.freeBytes;
  expect(() => heap.allocate(free + 1)).toThrowError(expect.objectContaining({ code: "E_NO_MEMORY" }));
  expect(heap.freeBytes).toBe(free);
});

test("memory given back twice is a bug that is found", () => {
  const heap = new Heap(4096);
  const address = heap.allocate(100);
  heap.free(address, 100);
  expect(() => heap.free(address, 100)).toThrow(/given back once/);
});

test("a buffer is zeroed memory of the heap until it is freed", () => {
  const heap = new Heap(4096);
  const free = heap.freeBytes;
  const first = new HeapBuffer(heap, 10);
  first.bytes.fill(7);
  expect(heap.memory.bytes[first.address + 9]).toBe(7);
  first.free();
  first.free();
  using second = new HeapBuffer(heap, 10);
  expect(second.address).toBe(first.address);
  expect([...second.bytes]).toEqual(Array(10).fill(0));
  second.free();
  expect(heap.freeBytes).toBe(free);
});
