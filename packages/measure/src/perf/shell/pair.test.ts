import { afterAll, beforeAll, expect, test } from "vitest";
import { type Batch, casesOf, measureCases, perfReport, perfTable, perfTests, testNames } from "../index.ts";
import { PerfPair } from "./pair.ts";

let pair: PerfPair;
beforeAll(async () => {
  pair = await PerfPair.start({ icrc: true });
});
afterAll(() => pair[Symbol.asyncDispose]());

const small = { bytes: 8, iterations: 20, window: 8, bidirectional: false } as const;
const all = testNames.flatMap((name) => perfTests[name].transports.map((transport) => [name, transport] as const));

test.each(all)("%s runs over %s, and every message of it is measured", async (name, transport) => {
  const batch: Batch = { ...small, test: name, transport };
  const { ms, messages, latency } = await pair.run(batch);
  expect(ms).toBeGreaterThan(0);
  expect(messages).toBe(20);
  if (perfTests[name].kind === "stream") expect(latency).toBeNull();
  else expect(latency?.count).toBe(20);
});

test.each([
  ["send-bw", "RC"],
  ["send-bw", "UD"],
  ["write-bw", "UC"],
  ["read-bw", "RC"],
] as const)("%s over %s in both directions has twice the messages", async (name, transport) => {
  const { messages } = await pair.run({ ...small, test: name, transport, bidirectional: true });
  expect(messages).toBe(40);
});

test("messages of 8 MiB arrive", async () => {
  const { messages } = await pair.run({ ...small, test: "write-bw", transport: "RC", bytes: 2 ** 23, iterations: 2 });
  expect(messages).toBe(2);
});

test("a latency is told with its percentiles, a bandwidth with its rate, of all batches together", async () => {
  const request = { transport: "RC", window: 8, bidirectional: false, iterations: 20 } as const;
  const cases = [...casesOf({ ...request, test: "send-lat" }), ...casesOf({ ...request, test: "send-bw", size: 64 })];
  const run = ({ batch }: (typeof cases)[0]) => pair.run(batch);
  const { rows, figures, samples } = perfReport(await measureCases(cases, { warmUps: 1, rounds: 3 }, run));
  expect(figures.map(({ name, unit }) => [name, unit])).toEqual([
    ["send-lat-64", "us"],
    ["send-bw-64", "MB/s"],
  ]);
  expect(samples["send-lat-64"]).toHaveLength(3);
  const [latency, bandwidth] = rows;
  expect(latency?.messages).toBe(60);
  expect(latency?.latency?.max).toBeGreaterThanOrEqual(latency?.latency?.p99 ?? 0);
  expect(bandwidth?.messagesPerSecond).toBeCloseTo(((bandwidth?.bandwidth?.median ?? 0) * 1e6) / 64);
  expect(perfTable(rows.slice(0, 1))).toMatch(/^bytes +messages +min us +typical/);
});
