import type { Psn, Qpn, VLid } from "@nomad/base";
import * as iba from "@nomad/iba";
import { expect, test } from "vitest";
import { binMs, TrafficRecorder } from "./traffic-recorder.ts";

const alice = 0x1000 as VLid;
const qpn = 0x77 as Qpn;

function packet(code: number, psn: number, o: { payload?: number; ack?: boolean; syndrome?: number } = {}): Uint8Array {
  const opcode = iba.opcodeOf(code);
  const bytes = new Uint8Array(opcode.headerBytes + (o.payload ?? 0) + iba.ICRC_BYTES);
  bytes[0] = code;
  new DataView(bytes.buffer).setUint32(8, psn + (o.ack ? 0x8000_0000 : 0));
  if (opcode.at.aeth !== undefined) bytes[opcode.at.aeth] = o.syndrome ?? 0;
  expect(iba.bthPsn(bytes, 0)).toBe(psn as Psn);
  return bytes;
}

const recorder = new TrafficRecorder();
const out = (bytes: Uint8Array, atMs: number, own = qpn, vlid = alice) =>
  recorder.see("out", bytes, 0, bytes.length, own, vlid, atMs);
const come = (bytes: Uint8Array, atMs: number) => recorder.see("in", bytes, 0, bytes.length, qpn, alice, atMs);
/** Bins that have anything: when they begin, bytes, the longest round trip. */
function of(vlid: VLid, fromMs: number, untilMs: number, now = untilMs) {
  const series = recorder.of(vlid, fromMs, untilMs, now);
  return series?.bytes.flatMap((bytes, i) => {
    const ms = series.roundTripMs[i] ?? 0;
    return bytes > 0 || ms > 0 ? [[series.fromMs + i * binMs, bytes, ms]] : [];
  });
}

test("payload of both directions counts where it passed, a request lasts until it is acknowledged", () => {
  out(packet(iba.RC_SEND_ONLY, 5, { payload: 100, ack: true }), 1_000);
  out(packet(iba.RC_SEND_ONLY, 6, { payload: 50, ack: true }), 1_004);
  come(packet(iba.RC_SEND_ONLY, 900, { payload: 7 }), 1_012);
  come(packet(iba.RC_ACK, 6), 1_016);
  expect(of(alice, 990, 1_100)).toEqual([
    [1_000, 150, 0],
    [1_010, 7, 16],
  ]);
});

test("a NAK acknowledges nothing, nor does what lies before the request", () => {
  out(packet(iba.RC_SEND_ONLY, 20, { ack: true }), 2_000);
  come(packet(iba.RC_ACK, 19), 2_011);
  come(packet(iba.RC_ACK, 20, { syndrome: 0x60 }), 2_021);
  come(packet(iba.RC_READ_RESPONSE_LAST, 20), 2_040);
  expect(of(alice, 1_990, 2_100)).toEqual([[2_040, 0, 40]]);
});

test("what was too long ago is forgotten, be it asked for or written over", () => {
  out(packet(iba.RC_SEND_ONLY, 30, { payload: 1 }), 3_000);
  expect(of(alice, 0, 4_000, 3_000 + 30_000)?.at(0)?.[0]).toBe(undefined);
  out(packet(iba.RC_SEND_ONLY, 31, { payload: 2 }), 33_000);
  expect(of(alice, 0, 40_000, 33_000)).toEqual([[33_000, 2, 0]]);
});

test("a guest that was never seen is not known", () => {
  expect(recorder.of(0x1001 as VLid, 0, 1_000, 1_000)).toBe(null);
});

test("of more guests than are measured one that is silent makes room", () => {
  const send = (guest: number, atMs: number) =>
    out(packet(iba.RC_SEND_ONLY, 1, { payload: 1 }), atMs, guest as Qpn, guest as VLid);
  for (let guest = 0x2000; guest < 0x2000 + 256; guest++) send(guest, 40_000);
  expect(recorder.of((0x2000 + 255) as VLid, 0, 50_000, 50_000)).toBe(null);
  send(0x3000, 100_000);
  expect(of(0x3000 as VLid, 0, 100_000)).toEqual([[100_000, 1, 0]]);
});
