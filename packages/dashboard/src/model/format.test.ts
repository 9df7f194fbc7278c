import { expect, test } from "vitest";
import { bytes, duration, rate } from "./format.ts";

test("amounts have three digits and a unit", () => {
  expect([0, 512, 2048, 5_000_000, 3e12].map(bytes)).toEqual(["0 B", "512 B", "2 KiB", "4.77 MiB", "2.73 TiB"]);
  expect(rate(1536)).toBe("1.5 KiB/s");
  expect([0, 93.84, 1120].map(duration)).toEqual(["0 ms", "93.8 ms", "1.12 s"]);
});
