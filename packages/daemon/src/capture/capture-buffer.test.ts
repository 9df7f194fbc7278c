import fc from "fast-check";
import { expect, test } from "vitest";
import { CaptureBuffer } from "./capture-buffer.ts";

const pieceBytes = 32;

test("what is taken is what was written, in order, however it was gathered", () => {
  const steps = fc.array(fc.option(fc.integer({ min: 1, max: pieceBytes })), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (blocks) => {
      const buffer = new CaptureBuffer(100, pieceBytes);
      const [written, taken]: [number[], number[]] = [[], []];
      const take = () => {
        const piece = buffer.take();
        if (piece) taken.push(...piece);
        return piece !== null;
      };
      for (const [i, size] of blocks.entries()) {
        if (size === null) {
          take();
          continue;
        }
        const slot = buffer.reserve(size);
        if (slot === null) {
          expect(buffer.bytes + size).toBeGreaterThan(100);
          continue;
        }
        expect(slot.bytes.subarray(slot.at, slot.at + size).every((byte) => byte === 0)).toBe(true);
        slot.bytes.fill(i + 1, slot.at, slot.at + size);
        written.push(...new Array<number>(size).fill(i + 1));
      }
      while (take());
      expect(taken).toEqual(written);
      expect(buffer.bytes).toBe(0);
    }),
  );
});

test("a buffer is full when a piece is complete, and refuses what exceeds its bound", () => {
  const buffer = new CaptureBuffer(40, pieceBytes);
  buffer.reserve(20);
  expect(buffer.full).toBe(false);
  buffer.reserve(20);
  expect(buffer.full).toBe(true);
  expect(buffer.reserve(1)).toBe(null);
  expect(buffer.take()).toHaveLength(20);
  expect(buffer.reserve(1)).not.toBe(null);
});
