import { expect, test } from "vitest";
import { address, byteCount, byteRate, integer, keyValues } from "./options.ts";

test.each([
  ["127.0.0.1:4790", { host: "127.0.0.1", port: 4790 }],
  ["central:0", { host: "central", port: 0 }],
  ["[::1]:80", { host: "::1", port: 80 }],
])("%s is an address", (text, expected) => {
  expect(address(text)).toEqual(expected);
});

test.each(["4790", "host:", ":80", "::1:80", "host:65536", "a b:80", ""])("%j is no address", (text) => {
  expect(() => address(text)).toThrow("HOST:PORT");
});

test.each([
  ["2", 2],
  ["64K", 65_536],
  ["8M", 8_388_608],
])("%s is %d bytes", (text, count) => {
  expect(byteCount(2, 2 ** 23)(text)).toBe(count);
});

test.each(["", "1", "9M", "64k", "-2", "2.5"])("%j is no number of bytes from 2 to 8 MiB", (text) => {
  expect(() => byteCount(2, 2 ** 23)(text)).toThrow("from 2 to 8388608");
});

test.each([
  ["4096", 4096],
  ["100M", 100e6],
  ["1.5k", 1500],
  ["2G", 2e9],
])("%s is a rate of %d bytes a second", (text, rate) => {
  expect(byteRate(text)).toBe(rate);
});

test.each(["", "0", "M", "-1M", "1T", "1 M", "0.1"])("%j is no rate", (text) => {
  expect(() => byteRate(text)).toThrow("bytes a second");
});

test.each(["", "-1", "1.5", "0x10", "11", "1", "ten"])("%j is not a whole number from 2 to 10", (text) => {
  expect(() => integer(2, 10)(text)).toThrow("from 2 to 10");
});

test("a value may contain the sign that separates it from its key, or be empty", () => {
  expect(keyValues(["a=1=2", "b="])).toEqual({ a: "1=2", b: "" });
  expect(() => keyValues(["=1"])).toThrow("KEY=VALUE");
  expect(() => keyValues(["flag"])).toThrow("KEY=VALUE");
});
