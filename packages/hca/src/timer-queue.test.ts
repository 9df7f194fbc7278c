import fc from "fast-check";
import { expect, test } from "vitest";
import { type Timed, TimerQueue } from "./timer-queue.ts";

const timed = (): Timed => ({ timerAt: Infinity, heapIndex: -1, heapAt: 0 });

test("timers come due in order of time, each once", () => {
  const queue = new TimerQueue<Timed>();
  const [a, b] = [timed(), timed()];
  queue.set(a, 5);
  queue.set(b, 3);
  expect(queue.next()).toBe(3);
  expect(queue.takeDue(2)).toBe(null);
  expect(queue.takeDue(9)).toBe(b);
  expect(queue.takeDue(9)).toBe(a);
  expect([queue.takeDue(9), queue.next()]).toEqual([null, null]);
});

test("a timer that was put off or cancelled does not come due at its old time", () => {
  const queue = new TimerQueue<Timed>();
  const [a, b] = [timed(), timed()];
  queue.set(a, 1);
  queue.set(a, 8);
  queue.set(b, 2);
  queue.cancel(b);
  expect(queue.next()).toBe(8);
  expect(queue.takeDue(7)).toBe(null);
  queue.set(a, 4);
  expect(queue.takeDue(7)).toBe(a);
});

test("it agrees with a plain list under any operations", () => {
  const operation = fc.tuple(fc.constantFrom("set", "cancel", "take"), fc.nat(9), fc.nat(100));
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 80 }), (operations) => {
      const queue = new TimerQueue<Timed>();
      const items = Array.from({ length: 10 }, timed);
      const model = new Map<Timed, number>();
      for (const [name, index, at] of operations) {
        const item = items[index] as Timed;
        if (name === "set") {
          queue.set(item, at);
          model.set(item, at);
        } else if (name === "cancel") {
          queue.cancel(item);
          model.delete(item);
        } else {
          const earliest = model.size === 0 ? null : Math.min(...model.values());
          const taken = queue.takeDue(at);
          expect(taken === null ? null : model.get(taken)).toBe(earliest !== null && earliest <= at ? earliest : null);
          if (taken !== null) model.delete(taken);
        }
        expect(queue.next()).toBe(model.size === 0 ? null : Math.min(...model.values()));
      }
    }),
    { numRuns: 300 },
  );
});
