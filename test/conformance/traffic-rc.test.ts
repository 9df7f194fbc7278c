import { Random } from "@nomad/base";
import { expect } from "vitest";
import type { Lab } from "./kit/lab.ts";
import { everyKind, mixed } from "./kit/mixes.ts";
import { alike, type Kind, RcLane } from "./kit/rc-lane.ts";
import { interleave } from "./kit/tasks.ts";
import { openLab, test, virtualTest } from "./kit/test.ts";

// Operations of connections, many at a time: each is done once, in order, and every byte is right.

const heapBytes = 48 * 1024 * 1024;
/** Queue pairs of each side, and operations on each. */
const scales = [
  [1, 100],
  [10, 20],
  [60, 5],
] as const;

test("ConstantOpTest.Basic: operations of one kind and size are done, on one connection and on many", async () => {
  for (const kind of everyKind) {
    const atomic = kind === "fetchAdd" || kind === "compareSwap";
    for (const bytes of atomic ? [8] : [32, 2048, 16_384]) {
      await using lab = await openLab({ heapBytes });
      for (const [qps, count] of scales) {
        const lanes = Array.from({ length: qps }, () => new RcLane(lab, { bytesMax: bytes, window: 4 }));
        await interleave(lab, qps, (lane) => (lanes[lane] as RcLane).drive(alike(count, kind, bytes)));
      }
    }
  }
});

test("MixedOpsTest.Basic: operations of all kinds and sizes are done in the order in which they were posted", async () => {
  const random = new Random(7);
  for (const atomics of [false, true]) {
    for (const window of [1, 16]) {
      await using lab = await openLab({ heapBytes });
      for (const [qps, count] of scales) {
        const lanes = Array.from(
          { length: qps },
          () => new RcLane(lab, { bytesMax: 10_000, window: qps > 10 ? 2 : window }),
        );
        await interleave(lab, qps, (lane) => (lanes[lane] as RcLane).drive(mixed(random, count, atomics)));
      }
    }
  }
});

test("QpOversubscriptionTest.StressTest: as connections become more and more, all of them go on", async () => {
  for (const kind of ["write", "read", "send"] satisfies Kind[]) {
    await using lab = await openLab({ heapBytes });
    const lanes: RcLane[] = [];
    for (let step = 0; step < 4; step++) {
      for (let i = 0; i < 50; i++) lanes.push(new RcLane(lab, { bytesMax: 1024, window: 4 }));
      await interleave(lab, lanes.length, (lane) => (lanes[lane] as RcLane).drive(alike(6, kind, 1024)));
    }
    expect(lanes).toHaveLength(200);
  }
});

test("VaryMtuTest.VaryMtuTest: a message is cut into as many packets as the path's MTU makes of it", async ({
  lab,
}) => {
  for (const pathMtu of [256, 512, 1024, 2048, 4096]) {
    const lane = new RcLane(lab, { bytesMax: 16_384, window: 1, connection: { pathMtu } });
    const before = lab.context(1).hca.counters.port_rcv_packets;
    await lab.until(lane.drive(alike(1, "write", 16_384)));
    expect(lab.context(1).hca.counters.port_rcv_packets - before).toBe(16_384 / pathMtu);
    await lab.until(lane.drive(alike(1, "read", 16_384)));
    await lab.until(lane.drive(alike(1, "send", 16_384)));
  }
});

/** What happened besides completions. */
function eventsIn(lab: Lab) {
  return lab.contexts.map((context) => context.asyncEvents.poll());
}

virtualTest(
  "RdmaStabilityTest.StabilityDurationTest: connections do the same over and over, and nothing else happens",
  async ({ lab }) => {
    const lanes = Array.from({ length: 10 }, () => new RcLane(lab, { bytesMax: 256, window: 10 }));
    for (let round = 0; round < 30; round++) {
      await interleave(lab, lanes.length, (lane) => (lanes[lane] as RcLane).drive(alike(10, "read", 8)));
    }
    expect(eventsIn(lab)).toEqual([null, null]);
    expect(lab.contexts.map(({ hca }) => hca.counters.retransmitted_packets)).toEqual([0, 0]);
  },
);

test("RdmaStabilityTest.StabilityResourceTest: connections come and go, and leave nothing behind", async ({ lab }) => {
  const free = lab.contexts.map(({ heap }) => heap.freeBytes);
  for (let round = 0; round < 20; round++) {
    const lanes = Array.from({ length: 10 }, () => new RcLane(lab, { bytesMax: 256, window: 4 }));
    await interleave(lab, lanes.length, (lane) => (lanes[lane] as RcLane).drive(alike(8, "send", 64)));
    for (const lane of lanes) lane.close();
    expect(lab.contexts.map(({ heap }) => heap.freeBytes)).toEqual(free);
  }
  expect(eventsIn(lab)).toEqual([null, null]);
});
