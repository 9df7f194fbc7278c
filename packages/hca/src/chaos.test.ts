import { crc32 } from "node:zlib";
import { Random } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectedPair } from "./testing/endpoint.ts";
import { Fabric, type Faults } from "./testing/fabric.ts";
import { assertDelivered, type Posted, postAny, postReceives } from "./testing/traffic.ts";

// Traffic of all kinds over links that lose, double, reorder and corrupt: exactly once, in order, intact.

const MESSAGES = 30;

function run(seed: number, faults: Faults): void {
  const fabric = new Fabric({ crc32, seed, linkPackets: 40, outstandingPacketsMax: 24 });
  const random = new Random(seed);
  const ends = connectedPair(fabric, {}, { timeout: 8 });
  const [a, b] = ends;
  for (const to of ends) postReceives(to, MESSAGES);
  fabric.faults = faults;
  const posted: [Posted[], Posted[]] = [[], []];
  for (let i = 0; i < MESSAGES; i++) {
    posted[0].push(postAny(a, b, random, i));
    posted[1].push(postAny(b, a, random, i));
    if (random.chance(0.3)) fabric.settle(random.float() * 0.2);
  }
  fabric.settle();
  assertDelivered(a, b, posted[0]);
  assertDelivered(b, a, posted[1]);
}

const rate = fc.double({ min: 0, max: 0.04, noNaN: true });

test("whatever the links do, each message arrives once, in order and intact", () => {
  const faults = fc.record({ drop: rate, duplicate: rate, reorder: rate, corrupt: rate });
  fc.assert(fc.property(fc.nat(), faults, run), { numRuns: 60, seed: 20_260_101 });
});

test("heavy loss alone only takes longer", () => {
  for (let seed = 1; seed <= 5; seed++) run(seed, { drop: 0.1 });
});

test("the same seed gives the same run, packet by packet", () => {
  const trace = (seed: number) => {
    const fabric = new Fabric({ crc32, seed });
    const [a, b] = connectedPair(fabric);
    const packets: number[] = [];
    fabric.filter = (bytes) => packets.push(crc32(bytes)) > 0;
    fabric.faults = { drop: 0.1, duplicate: 0.1, reorder: 0.1 };
    for (let i = 0; i < 10; i++) postAny(a, b, new Random(i), i);
    postReceives(b, 10);
    fabric.settle();
    return packets;
  };
  expect(trace(5)).toEqual(trace(5));
  expect(trace(5)).not.toEqual(trace(6));
});
