import { expect, test } from "vitest";
import { pickSample, runOverSockets } from "./socket-sample.ts";

const seed = 1;

test("one test of each file holds over WebSockets, too", { timeout: 120_000 }, async () => {
  const names = pickSample(1, seed);
  expect(names.length).toBeGreaterThan(30);
  const { passed, failed } = await runOverSockets(names);
  expect(failed, `npm run conformance -- --sockets --sample 1 --seed ${seed}`).toEqual([]);
  expect(passed).toHaveLength(names.length);
});
