import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualClock } from "./virtual-clock.ts";

test("things happen in the order of their times, among equals in the order they were asked for", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (delays) => {
      const clock = new VirtualClock();
      const happened: { at: number; i: number }[] = [];
      delays.forEach((ms, i) => {
        clock.after(ms, () => happened.push({ at: clock.now(), i }));
      });
      while (clock.step());
      const expected = delays.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at || a.i - b.i);
      expect(happened).toEqual(expected);
    }),
  );
});

test("what is cancelled does not happen, and takes no time", () => {
  const clock = new VirtualClock();
  const cancel = clock.after(5, () => expect.unreachable());
  cancel();
  expect(clock.step()).toBe(false);
  expect(clock.now()).toBe(0);
});

test("what happens again and again at one moment is noticed", () => {
  const clock = new VirtualClock();
  const again = () => void clock.after(0, again);
  again();
  expect(() => {
    while (clock.step());
  }).toThrow("time goes on after 0 ms");
});
