import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import { gidOf, isMulticastGid, isMulticastLid, writeGrh } from "./grh.ts";

test("a global route header has its fields where IBA 8.3 puts them, and both identifiers", () => {
  const bytes = new Uint8Array(48);
  writeGrh(bytes, 4, 0x1234, gidOf(0x0102 as Lid), gidOf(3 as Lid));
  expect([...bytes.subarray(4, 12)]).toEqual([0x60, 0, 0, 0, 0x12, 0x34, 0x1b, 64]);
  expect([...bytes.subarray(12, 28)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 1, 2]);
  expect([...bytes.subarray(40, 44)]).toEqual([10, 0, 0, 3]);
  expect([...bytes.subarray(44)]).toEqual([0, 0, 0, 0]);
});

test("multicast identifiers are told from unicast ones", () => {
  expect([0xbfff, 0xc000, 0xfffe, 0xffff].map(isMulticastLid)).toEqual([false, true, true, false]);
  expect(isMulticastGid(gidOf(1 as Lid))).toBe(false);
  expect(isMulticastGid(Uint8Array.from({ length: 16 }, () => 0xff))).toBe(true);
});
