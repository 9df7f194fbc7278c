import { expect, test } from "vitest";
import { casesOf, type PerfRequest, sizesOf } from "./index.ts";

const request: PerfRequest = { test: "send-lat", transport: "RC", window: 64, bidirectional: false };

test("all sizes are the powers of two from 2 B to 8 MiB, of datagrams up to a packet, of atomics their one", () => {
  const sizes = sizesOf("write-bw", "RC");
  expect(sizes).toHaveLength(23);
  expect([sizes[0], sizes.at(-1)]).toEqual([2, 8 * 2 ** 20]);
  expect(sizesOf("send-bw", "UD").at(-1)).toBe(4096);
  expect(casesOf({ ...request, test: "atomic-lat", size: "all" }).map(({ batch }) => batch.bytes)).toEqual([8]);
});

test("small messages are many, large ones few, unless their number is said", () => {
  const counts = casesOf({ ...request, test: "write-bw", size: "all" }).map(({ batch }) => batch.iterations);
  expect(counts[0]).toBe(20_000);
  expect(counts.at(-1)).toBe(16);
  expect(casesOf({ ...request, iterations: 7 })[0]?.batch.iterations).toBe(7);
});

test("each size is measured with each kind of names", () => {
  const cases = casesOf({ ...request, size: 64, names: ["virtual", "physical"] });
  expect(cases.map(({ names }) => names)).toEqual(["virtual", "physical"]);
});

test.each([
  [{ test: "read-bw", transport: "UC" }, /read-bw is a test of RC: UC has no such operation/],
  [{ bidirectional: true }, /send-lat is of one direction, or to and fro/],
  [{ test: "send-bw", transport: "UD", size: 8192 }, /at most 4096 bytes, not 8192/],
] as const)("%o is not a test", (wrong, message) => {
  expect(() => casesOf({ ...request, ...wrong })).toThrow(expect.objectContaining({ code: "E_USAGE" }));
  expect(() => casesOf({ ...request, ...wrong })).toThrow(message);
});
