import type { Psn, Qpn } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { writeBth } from "./header.ts";
import { opcodeOf, opcodes, RC_ACK, RC_SEND_FIRST, RC_SEND_LAST, RC_SEND_ONLY, RC_WRITE_ONLY_IMM } from "./opcode.ts";
import { emptyPacket, parsePacket, payloadFits } from "./parse.ts";

const at = 4;

/** A packet of `behind` bytes behind its BTH, ICRC included, with room in front. */
function packet(code: number, behind: number, pad = 0): Uint8Array {
  const bytes = new Uint8Array(at + 12 + behind);
  writeBth(bytes, at, code, false, pad, 1 as Qpn, false, 2 as Psn);
  return bytes;
}

function fault(bytes: Uint8Array): string | null {
  return parsePacket(emptyPacket(), bytes, at, bytes.length - at);
}

test("every opcode parses with no payload or the least payload, and is cut one word before its headers end", () => {
  for (const opcode of opcodes) {
    if (opcode === undefined) continue;
    const least = opcode.payload === "full" || opcode.payload === "some" ? 4 : 0;
    const behind = opcode.headerBytes - 12 + least + 4;
    expect(fault(packet(opcode.code, behind))).toBe(null);
    if (opcode.headerBytes > 12) expect(fault(packet(opcode.code, opcode.headerBytes - 12))).toBe("header-cut");
  }
});

test.each([
  ["a packet shorter than BTH and ICRC", packet(RC_SEND_ONLY, 0), "too-short"],
  ["a length that is no multiple of four", packet(RC_SEND_ONLY, 7), "length-not-aligned"],
  ["a code that is not in the table", packet(0x1f, 8), "unknown-opcode"],
  ["padding where there is no payload", packet(RC_SEND_ONLY, 4, 1), "pad"],
  ["a payload behind an ACK", packet(RC_ACK, 12), "payload"],
  ["a last packet without payload", packet(RC_SEND_LAST, 4), "payload"],
])("%s is refused", (_, bytes, error) => {
  expect(fault(bytes)).toBe(error);
});

test("another version of the transport header is refused", () => {
  const bytes = packet(RC_SEND_ONLY, 4);
  bytes[at + 1] = 1;
  expect(fault(bytes)).toBe("version");
});

test("the payload is what lies between headers and padding", () => {
  const into = emptyPacket();
  const bytes = packet(RC_WRITE_ONLY_IMM, 20 + 8 + 4, 3);
  expect(parsePacket(into, bytes, at, bytes.length - at)).toBe(null);
  expect(into).toMatchObject({ payloadOffset: at + 32, payloadBytes: 5, psn: 2, destQpn: 1 });
});

test("any bytes either are refused or describe a packet that lies inside them", () => {
  const into = emptyPacket();
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 0, maxLength: 120 }), (bytes) => {
      const words = bytes.length - (bytes.length % 4);
      if (parsePacket(into, bytes, 0, words) !== null) return;
      expect(into.payloadOffset + into.payloadBytes + 4).toBeLessThanOrEqual(words);
      expect(into.payloadBytes).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 2000 },
  );
});

test("a first packet is exactly as large as the path MTU, a last one at most", () => {
  expect(payloadFits(opcodeOf(RC_SEND_FIRST), 256, 256)).toBe(true);
  expect(payloadFits(opcodeOf(RC_SEND_FIRST), 255, 256)).toBe(false);
  expect(payloadFits(opcodeOf(RC_SEND_LAST), 255, 256)).toBe(true);
  expect(payloadFits(opcodeOf(RC_SEND_LAST), 257, 256)).toBe(false);
});
