import { expect, test } from "vitest";
import type { PacketLine } from "./packet.ts";
import { packetSeries } from "./packet-series.ts";

const base = { host: "host-a", qpn: 17, syndrome: "", payloadBytes: 0, qp: 1 };
const request = (atMs: number, psn: number, payloadBytes = 0): PacketLine => ({
  ...{ ...base, atMs, psn, payloadBytes },
  ...{ direction: "out", opcode: "RC SEND Only", flags: "A", who: "alice QP 1 > bob QP 2" },
});
const ack = (atMs: number, psn: number, syndrome = "ACK"): PacketLine => ({
  ...{ ...base, atMs, psn, syndrome },
  ...{ direction: "in", opcode: "RC Acknowledge", flags: "", who: "bob QP 2 > alice QP 1" },
});

test("payload of twenty milliseconds is throughput of that time", () => {
  const { times, bytesPerSecond } = packetSeries([request(1000, 1, 600), request(1010, 2, 400), request(1045, 3, 100)]);
  expect(times).toEqual([0, 20, 40]);
  expect(bytesPerSecond).toEqual([50_000, 0, 5_000]);
});

test("a round trip lasts from the request to its acknowledgement, be it of a later request too", () => {
  const { roundTripMs } = packetSeries([request(0, 1), request(4, 2), ack(10, 2), request(30, 3), ack(32, 3)]);
  expect(roundTripMs).toEqual([10, 2]);
});

test("PSNs that begin anew are no obstacle", () => {
  expect(packetSeries([request(0, 0xffffff), request(1, 0), ack(3, 0)]).roundTripMs).toEqual([3]);
});

test("a request that is sent again has been under way since the first time, and a NAK acknowledges nothing", () => {
  const again = [request(0, 1), ack(5, 1, "NAK (PSN sequence error)"), request(6, 1), ack(9, 1)];
  expect(packetSeries(again).roundTripMs).toEqual([9]);
});

test("without packets there is nothing to draw", () => {
  expect(packetSeries([])).toEqual({ times: [], bytesPerSecond: [], roundTripMs: [] });
});
