import { expect, test } from "vitest";
import { realClock } from "./real-clock.ts";

const soon = () => new Promise<void>((resolve) => realClock.soon(resolve));

test("what is asked for soon comes after the promises that are settled now, however many hang on each other", async () => {
  const order: string[] = [];
  const program = async () => {
    for (let i = 0; i < 5; i++) await null;
    order.push("program");
  };
  realClock.soon(() => order.push("soon"));
  await Promise.all([program(), soon()]);
  expect(order).toEqual(["program", "soon"]);
});

test("who always asks for more does not keep the event loop from turning", async () => {
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  for (let asked = 0; asked < 1000 && !turned; asked++) await soon();
  expect(turned).toBe(true);
});
