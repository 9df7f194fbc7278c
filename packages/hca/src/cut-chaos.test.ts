import { crc32 } from "node:zlib";
import { Random } from "@nomad/base";
import fc from "fast-check";
import { test } from "vitest";
import { connectedPair } from "./testing/endpoint.ts";
import { Fabric, type Faults } from "./testing/fabric.ts";
import { cutAndAbort, moveWithCut } from "./testing/move.ts";
import { assertDelivered, type Posted, postAny, postReceives } from "./testing/traffic.ts";

// Connections cut anywhere, again and again, at either end, over links that lose and reorder: exactly once, in order.

const MESSAGES = 30;

/** Receives are posted late, so that some messages wait for them when they are cut. */
function run(seed: number, faults: Faults, shared: boolean): void {
  const random = new Random(seed);
  const fabric = new Fabric({ crc32, seed, linkPackets: 40, outstandingPacketsMax: random.pick([4, 24]) });
  const timeout = random.pick([0, 8]);
  const [a, b] = connectedPair(fabric, { shared }, { timeout, minRnrTimer: 1 });
  if (timeout > 0) fabric.faults = faults;
  const posted: [Posted[], Posted[]] = [[], []];
  for (let i = 0; i < MESSAGES; i++) {
    posted[0].push(postAny(a, b, random, i));
    posted[1].push(postAny(b, a, random, i));
    for (const to of [a, b]) postReceives(to, 1, i);
    if (random.chance(0.5)) fabric.settle(random.float() * 0.1);
    if (!random.chance(0.3)) continue;
    const [moving, staying] = random.chance(0.5) ? ([a, b] as const) : ([b, a] as const);
    const betweenFreezes = () => fabric.settle(random.float() * 0.1);
    if (random.chance(0.2)) cutAndAbort(fabric, moving, staying, betweenFreezes);
    else moveWithCut(fabric, moving, staying, fabric.add(10 + i), { betweenFreezes });
  }
  fabric.settle();
  assertDelivered(a, b, posted[0]);
  assertDelivered(b, a, posted[1]);
}

const rate = fc.double({ min: 0, max: 0.04, noNaN: true });

test("wherever a connection is cut, and however often, each message arrives once, in order and intact", () => {
  const faults = fc.record({ drop: rate, duplicate: rate, reorder: rate, corrupt: rate });
  fc.assert(fc.property(fc.nat(), faults, fc.boolean(), run), { numRuns: 60, seed: 20_261_122 });
});
