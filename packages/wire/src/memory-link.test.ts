import { expect, test } from "vitest";
import { conformanceBufferedBytes, linkConformance } from "./link-conformance.ts";
import { memoryLinkPair } from "./memory-link.ts";
import { VirtualScheduler } from "./testing/virtual-scheduler.ts";

for (const latencyMs of [0, 3]) {
  linkConformance(`a link in memory, ${latencyMs} ms long`, async () => {
    const scheduler = new VirtualScheduler();
    const pair = memoryLinkPair({ scheduler, latencyMs, bufferedBytesMax: conformanceBufferedBytes });
    return {
      a: pair.a,
      b: pair.b,
      cut: async () => pair.cut(),
      mend: async () => pair.mend(),
      // With nothing to do, the event loop turns: a condition that never comes true ends in the time-out.
      turn: async () => {
        if (!scheduler.step()) await new Promise(setImmediate);
      },
      dispose: async () => {},
    };
  });
}

test("a frame arrives after the latency", () => {
  const scheduler = new VirtualScheduler();
  const pair = memoryLinkPair({ scheduler, latencyMs: 3, bufferedBytesMax: 1000 });
  let arrivedMs = -1;
  pair.b.onFrame = () => {
    arrivedMs = scheduler.now();
  };
  scheduler.step();
  pair.a.send(new Uint8Array(10));
  expect(pair.a.bufferedBytes).toBe(10);
  scheduler.step();
  expect(arrivedMs).toBe(3);
  expect(pair.a.bufferedBytes).toBe(0);
});

test("mending does not bring up a link of which one end is closed", () => {
  const scheduler = new VirtualScheduler();
  const pair = memoryLinkPair({ scheduler, bufferedBytesMax: 1000 });
  scheduler.step();
  pair.a.close();
  pair.mend();
  expect([pair.a.state, pair.b.state]).toEqual(["closed", "down"]);
});
