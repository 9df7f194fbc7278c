import { expect, test } from "vitest";
import { interleave } from "./index.ts";

test("probes take turns in an order that rotates, and rounds that warm up are not counted", async () => {
  const order: string[] = [];
  const probe = (name: string, values: number[]) => async () => {
    order.push(name);
    return values.shift() ?? 0;
  };
  const taken = await interleave(
    new Map([
      ["x", probe("x", [9, 9, 1, 2])],
      ["y", probe("y", [9, 9, 3, 4])],
    ]),
    { warmUps: 2, rounds: 2 },
  );
  expect(order.join("")).toBe("xyyxxyyx");
  expect([...taken]).toEqual([
    ["x", [1, 2]],
    ["y", [3, 4]],
  ]);
});

test("no round begins when there has been enough, and there is one at least", async () => {
  let counted = 0;
  const probes = new Map([["x", async () => ++counted]]);
  const taken = await interleave(probes, { warmUps: 1, rounds: 9, enough: () => counted >= 3 });
  expect([...taken]).toEqual([["x", [2, 3]]]);
  expect([...(await interleave(probes, { warmUps: 0, rounds: 9, enough: () => true }))]).toEqual([["x", [4]]]);
});
