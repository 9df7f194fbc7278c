import { expect, test } from "vitest";
import type { PacketLine } from "./packet.ts";
import { PacketLog } from "./packet-log.ts";

const packet = (atMs: number): PacketLine => ({
  ...{ atMs, host: "host-a", direction: "out", opcode: "RC SEND Only", qpn: 17, psn: atMs, flags: "A", syndrome: "" },
  ...{ payloadBytes: 0, who: "" },
});
const packets = (from: number, count: number) => Array.from({ length: count }, (_, i) => packet(from + i));

/** A moment that is heard of at once, of a move that began at 0. */
const told = (atMs: number, text: string) => ({ heardAtMs: atMs, sinceStartMs: atMs, text });

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
  log.mark(told(50, "stopped"));
  expect(shown(log)).toEqual(["... 44", 44, 45, 46, 47, 48, 49, "stopped", 50, 51, 52, 53, 54, 55, "... 44"]);
});

test("packets of two hosts that come late are put in their place", () => {
  const log = new PacketLog("alice");
  log.push([packet(3), packet(4)]);
  log.mark(told(2.5, "running"));
  log.push([packet(1), packet(2)]);
  expect(shown(log)).toEqual([1, 2, "running", 3, 4]);
});

test("a moment after the last packet is shown", () => {
  const log = new PacketLog("alice");
  log.push(packets(1, 2));
  log.mark(told(9, "released"));
  expect(shown(log)).toEqual([1, 2, "released"]);
});

test("a guest stands still from when its peers are suspended until it runs elsewhere", () => {
  const log = new PacketLog("alice");
  log.push(packets(100, 2));
  expect(log.pause()).toBe(null);
  log.mark(told(110, "peers-suspended"));
  log.mark(told(130, "running"));
  expect(log.pause()).toEqual([10, 30]);
});

test("a moment that was heard of late stands where it was", () => {
  const log = new PacketLog("alice");
  log.push(packets(1, 3));
  log.mark({ heardAtMs: 10, sinceStartMs: 9.5, text: "stopped" });
  log.mark({ heardAtMs: 80, sinceStartMs: 11, text: "running" });
  log.push(packets(11, 2));
  expect(shown(log)).toEqual([1, 2, 3, "stopped", 11, "running", 12]);
});

test("of a long capture the oldest packets are forgotten", () => {
  const log = new PacketLog("alice");
  for (let i = 0; i < 30; i++) log.push(packets(1_000 * i, 1_000));
  expect(log.packets).toBeLessThanOrEqual(20_000);
  expect(shown(log).at(-1)).toBe(29_999);
});
