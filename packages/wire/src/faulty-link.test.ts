import { Random } from "@nomad/base";
import { expect, test } from "vitest";
import { everything, type FaultRule, FaultRules } from "./fault.ts";
import { FaultyLink } from "./faulty-link.ts";
import { FramePool, FrameWriter, forEachPacket } from "./frame.ts";
import { conformanceBufferedBytes, linkConformance } from "./link-conformance.ts";
import { memoryLinkPair } from "./memory-link.ts";
import { VirtualScheduler } from "./testing/virtual-scheduler.ts";

function faultyPair(bufferedBytesMax = conformanceBufferedBytes) {
  const scheduler = new VirtualScheduler();
  const pair = memoryLinkPair({ scheduler, bufferedBytesMax });
  const rules = new FaultRules(new Random(1));
  const random = new Random(2);
  const a = new FaultyLink(pair.a, { scheduler, rules, from: "b", to: "a", random });
  const b = new FaultyLink(pair.b, { scheduler, rules, from: "a", to: "b", random });
  return { scheduler, pair, rules, a, b };
}

linkConformance("a link with rules, none of which is in force", async () => {
  const { scheduler, pair, a, b } = faultyPair();
  return {
    a,
    b,
    cut: async () => pair.cut(),
    mend: async () => pair.mend(),
    turn: async () => {
      if (!scheduler.step()) await new Promise(setImmediate);
    },
    dispose: async () => {},
  };
});

/** First bytes and times of the packets that arrive when 1, 2 and 3 are sent in one frame, the first suffering. */
function arrivals(rule: Pick<FaultRule, "kind" | "ms">): string[] {
  const { scheduler, rules, a, b } = faultyPair();
  const seen: string[] = [];
  const note = (bytes: Uint8Array, offset: number) => seen.push(`${bytes[offset]} at ${scheduler.now()} ms`);
  b.onFrame = (frame) => forEachPacket(frame, note);
  while (scheduler.step());
  const writer = new FrameWriter(a, new FramePool());
  for (const first of [1, 2, 3]) {
    const slot = writer.reserve(20);
    slot?.bytes.fill(first, slot.offset, slot.offset + 20);
    writer.commit(20);
  }
  rules.add({ ...everything, on: ["wire"], from: "a", to: "b", timesMax: 1, ...rule });
  writer.flush();
  while (scheduler.step());
  return seen;
}

test("single packets of a frame suffer, the others pass", () => {
  expect(arrivals({ kind: "drop", ms: 0 })).toHaveLength(2);
  expect(arrivals({ kind: "cut", ms: 0 })).toHaveLength(2);
  expect(arrivals({ kind: "duplicate", ms: 2 })).toHaveLength(4);
  expect(arrivals({ kind: "duplicate", ms: 2 }).at(-1)).toContain("at 2 ms");
  expect(arrivals({ kind: "reorder", ms: 3 }).at(-1)).toContain("at 3 ms");
});

test("a corrupted packet differs from what was sent in one bit", () => {
  const { scheduler, rules, a, b } = faultyPair();
  let flipped = 0;
  b.onFrame = (frame) =>
    forEachPacket(frame, (bytes, offset, length) => {
      for (const byte of bytes.subarray(offset, offset + length)) flipped += byte.toString(2).split("1").length - 1;
    });
  while (scheduler.step());
  rules.add({ ...everything, kind: "corrupt", on: ["wire"], timesMax: 1 });
  const writer = new FrameWriter(a, new FramePool());
  writer.reserve(64)?.bytes.fill(0);
  writer.commit(64);
  writer.flush();
  while (scheduler.step());
  expect(flipped).toBe(1);
});
