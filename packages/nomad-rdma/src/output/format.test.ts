import { expect, test } from "vitest";
import { bytes, duration, plural } from "./format.ts";

test.each([
  [0, "0.00 ms"],
  [1.234, "1.23 ms"],
  [12.34, "12.3 ms"],
  [123.4, "123 ms"],
  [1234, "1.23 s"],
  [61_000, "1 min 1 s"],
  [119_900, "2 min 0 s"],
])("%d ms reads %j", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

test.each([
  [0, "0 B"],
  [1023, "1023 B"],
  [1024, "1.0 KiB"],
  [33_554_432, "32.0 MiB"],
  [3 * 2 ** 50, "3072.0 TiB"],
])("%d bytes read %j", (count, text) => {
  expect(bytes(count)).toBe(text);
});

test("one is singular", () => {
  expect([plural(1, "guest"), plural(0, "guest"), plural(2, "guest")]).toEqual(["1 guest", "0 guests", "2 guests"]);
});
