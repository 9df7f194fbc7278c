import { QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import { expect, test } from "vitest";
import { opcodeOf, opcodes, positionOf, readResponseOpcode, segmentsOf } from "./opcode.ts";
import { headerBytes } from "./opcode-table.ts";

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
  [0x16, "bth ieth", 16],
  [0x17, "bth ieth", 16],
  [0x20, "bth", 12],
  [0x21, "bth", 12],
  [0x22, "bth", 12],
  [0x23, "bth immDt", 16],
  [0x24, "bth", 12],
  [0x25, "bth immDt", 16],
  [0x26, "bth reth", 28],
  [0x27, "bth", 12],
  [0x28, "bth", 12],
  [0x29, "bth immDt", 16],
  [0x2a, "bth reth", 28],
  [0x2b, "bth reth immDt", 32],
  [0x64, "bth deth", 20],
  [0x65, "bth deth immDt", 24],
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

test("the upper three bits of a code are its transport", () => {
  const byBits: Readonly<Record<number, number>> = { 0: QPT_RC, 1: QPT_UC, 3: QPT_UD };
  for (const opcode of opcodes) if (opcode) expect(opcode.transport).toBe(byBits[opcode.code >>> 5]);
});

test("a message's opcodes are found by transport, operation and what its last packet carries", () => {
  const positions = ["first", "middle", "last", "only"] as const;
  for (const transport of [QPT_RC, QPT_UC] as const) {
    for (const operation of ["send", "write"] as const) {
      for (const trailer of ["plain", "immediate"] as const) {
        const found = segmentsOf(transport, operation, trailer);
        for (const position of positions) expect(found?.[position]).toMatchObject({ transport, operation, position });
        const carry = positions.map((position) => found?.[position].immediate);
        expect(carry).toEqual(trailer === "immediate" ? [false, false, true, true] : [false, false, false, false]);
      }
    }
  }
  expect(segmentsOf(QPT_RC, "send", "invalidate")?.last.name).toBe("RC SEND Last with Invalidate");
  expect(segmentsOf(QPT_UD, "send", "immediate")?.only.name).toBe("UD SEND Only with Immediate");
});

test("what a transport does not have has no opcodes", () => {
  expect(segmentsOf(QPT_UD, "write", "plain")).toBe(null);
  expect(segmentsOf(QPT_UC, "send", "invalidate")).toBe(null);
  expect(segmentsOf(QPT_RC, "write", "invalidate")).toBe(null);
});

test("a READ response's opcode is found by position", () => {
  for (const position of ["first", "middle", "last", "only"] as const) {
    expect(readResponseOpcode(position)).toMatchObject({ operation: "read", position, role: "response" });
  }
});
