import { expect, test } from "vitest";
import { headerBytes, opcodeOf, opcodes, positionOf, readResponseOpcode, segmentOpcode } from "./opcode.ts";

/** IBA table 38 and figure 47, written out independently: code, headers, bytes of headers. */
const expected: readonly (readonly [number, string, number])[] = [
  [0x00, "bth", 12],
  [0x01, "bth", 12],
  [0x02, "bth", 12],
  [0x03, "bth immDt", 16],
  [0x04, "bth", 12],
  [0x05, "bth immDt", 16],
  [0x06, "bth reth", 28],
  [0x07, "bth", 12],
  [0x08, "bth", 12],
  [0x09, "bth immDt", 16],
  [0x0a, "bth reth", 28],
  [0x0b, "bth reth immDt", 32],
  [0x0c, "bth reth", 28],
  [0x0d, "bth aeth", 16],
  [0x0e, "bth", 12],
  [0x0f, "bth aeth", 16],
  [0x10, "bth aeth", 16],
  [0x11, "bth aeth", 16],
  [0x12, "bth aeth atomicAckEth", 24],
  [0x13, "bth atomicEth", 40],
  [0x14, "bth atomicEth", 40],
];

test.each(expected)("opcode 0x%s carries %s", (code, headers, bytes) => {
  const opcode = opcodeOf(code);
  expect(opcode.code).toBe(code);
  expect(opcode.headers.join(" ")).toBe(headers);
  expect(opcode.headerBytes).toBe(bytes);
  expect(opcode.immediate).toBe(headers.includes("immDt"));
});

test("no opcode is in the table that the list does not name", () => {
  expect(opcodes.filter((opcode) => opcode !== undefined).map((opcode) => opcode.code)).toEqual(
    expected.map(([code]) => code),
  );
});

test("each header starts where the one before it ends", () => {
  for (const opcode of opcodes) {
    let at = 0;
    for (const header of opcode?.headers ?? []) {
      expect(opcode?.at[header]).toBe(at);
      at += headerBytes[header];
    }
  }
});

test("only messages that begin carry an address, and only those that end carry immediate data", () => {
  for (const opcode of opcodes) {
    if (opcode === undefined) continue;
    if (opcode.at.reth !== undefined) expect(opcode.begins).toBe(true);
    if (opcode.immediate) expect(opcode.ends).toBe(true);
    expect(opcode.position).toBe(positionOf(opcode.begins, opcode.ends));
  }
});

test("a segment's opcode is found by operation and position", () => {
  expect(segmentOpcode("write", "last", true).name).toBe("RC RDMA WRITE Last with Immediate");
  expect(segmentOpcode("send", "first", true).name).toBe("RC SEND First");
  for (const position of ["first", "middle", "last", "only"] as const) {
    expect(segmentOpcode("send", position, false)).toMatchObject({ operation: "send", position });
    expect(segmentOpcode("write", position, false)).toMatchObject({ operation: "write", position });
    expect(readResponseOpcode(position)).toMatchObject({ operation: "read", position, role: "response" });
  }
});
