import { sampleMove } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import type { PacketLine } from "./packet.ts";
import { PacketLog } from "./packet-log.ts";

const packet = (atMs: number): PacketLine => ({
  ...{ atMs, host: "host-a", direction: "out", opcode: "RC SEND Only", qpn: 17, psn: atMs, flags: "A", syndrome: "" },
  ...{ payloadBytes: 0, qp: 1, who: "" },
});
const packets = (from: number, count: number) => Array.from({ length: count }, (_, i) => packet(from + i));

/** A move that began at 0, and how long the way to each of its phases took. */
const moved = (phases: Readonly<Record<string, number>>) => sampleMove({ startedAt: 0, phases });

/** Rows in short: a packet is its PSN. */
const shown = (log: PacketLog) =>
  log.rows().map((row) => {
    if (row.kind === "packet") return row.packet.psn;
    return row.kind === "mark" ? row.mark.text : `... ${row.count}`;
  });

test("without a move the latest packets are shown, and how many came before them", () => {
  const log = new PacketLog("alice");
  log.push(packets(0, 100));
  expect(shown(log)).toEqual(["... 60", ...Array.from({ length: 40 }, (_, i) => 60 + i)]);
});

test("around each moment of a move its packets are shown, the others are counted", () => {
  const log = new PacketLog("alice");
  log.push(packets(0, 100));
  log.note(moved({ stopped: 50 }));
  expect(shown(log)).toEqual(["... 44", 44, 45, 46, 47, 48, 49, "stopped", 50, 51, 52, 53, 54, 55, "... 44"]);
});

test("packets of two hosts that come late are put in their place", () => {
  const log = new PacketLog("alice");
  log.push([packet(3), packet(4)]);
  log.note(moved({ running: 2.5 }));
  log.push([packet(1), packet(2)]);
  expect(shown(log)).toEqual([1, 2, "running", 3, 4]);
});

test("a moment after the last packet is shown", () => {
  const log = new PacketLog("alice");
  log.push(packets(1, 2));
  log.note(moved({ released: 9 }));
  expect(shown(log)).toEqual([1, 2, "released"]);
});

test("a guest stands still from when its peers are suspended until it runs elsewhere", () => {
  const log = new PacketLog("alice");
  log.push(packets(100, 2));
  expect(log.pause()).toBe(null);
  log.note(moved({ "peers-suspended": 110, running: 20 }));
  expect(log.pause()).toEqual([10, 30]);
});

test("a move is noted again and again, and its moments from before the first packet are nowhere", () => {
  const log = new PacketLog("alice");
  log.push(packets(10, 3));
  log.note(moved({ prepared: 5, precopy: 6 }));
  log.note(moved({ prepared: 5, precopy: 6, stopped: 1 }));
  expect(shown(log)).toEqual([10, "precopy", 11, "stopped", 12]);
});

test("the packets of one queue pair can be shown alone", () => {
  const log = new PacketLog("alice");
  log.push([packet(1), { ...packet(2), qp: 7 }, { ...packet(3), qp: null }, packet(4)]);
  expect(log.qps).toEqual([1, 7]);
  log.qp = 7;
  expect(shown(log)).toEqual([2]);
  expect(log.series().times).toEqual([0]);
  log.qp = null;
  expect(shown(log)).toEqual([1, 2, 3, 4]);
});

test("of a long capture the oldest packets are forgotten", () => {
  const log = new PacketLog("alice");
  for (let i = 0; i < 60; i++) log.push(packets(1_000 * i, 1_000));
  expect(log.packets).toBeLessThanOrEqual(40_000);
  expect(shown(log).at(-1)).toBe(59_999);
});

test("what is forgotten is the oldest, though it came last", () => {
  const log = new PacketLog("alice");
  log.push(packets(30_000, 30_000));
  log.push(packets(0, 30_000));
  expect(log.startMs).toBeGreaterThanOrEqual(30_000);
});
