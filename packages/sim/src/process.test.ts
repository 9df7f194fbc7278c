import { VirtualClock } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Process } from "./process.ts";

const spans = fc.double({ min: 1e-3, max: 1000, noNaN: true });
const rates = fc.constantFrom(0.9, 0.99, 1, 1.01, 1.1);

test("whatever the rate of its clock, what a process is to do at a time does not happen before it", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(rates, spans), { minLength: 1, maxLength: 5 }), (steps) => {
      const clock = new VirtualClock();
      const process = new Process(clock);
      for (const [rate, ms] of steps) {
        process.drift(rate);
        const due = process.now() + ms;
        let happened = Number.NaN;
        process.after(ms, () => {
          happened = process.now();
        });
        while (clock.step());
        expect(happened).toBeGreaterThanOrEqual(due);
        expect(happened).toBeCloseTo(due, 6);
      }
    }),
    { numRuns: 500 },
  );
});

test("a paused process does later what was to happen meanwhile, a crashed one never", () => {
  const clock = new VirtualClock();
  const process = new Process(clock);
  const happened: string[] = [];
  process.after(1, () => happened.push("timer"));
  process.pause();
  clock.step();
  process.enter(() => happened.push("message"));
  expect(happened).toEqual([]);
  process.resume();
  expect(happened).toEqual(["timer", "message"]);
  process.crash();
  process.enter(() => happened.push("nothing"));
  expect(happened).toHaveLength(2);
});
