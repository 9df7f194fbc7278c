import { expect, test } from "vitest";
import { earlier, Timers } from "./timers.ts";

test("timers run once, in the order of their times, when the time has come", () => {
  const timers = new Timers();
  const ran: string[] = [];
  timers.at(20, () => ran.push("b"));
  timers.at(10, () => ran.push("a"));
  const cancel = timers.at(15, () => ran.push("cancelled"));
  cancel();
  expect(timers.deadline()).toBe(10);
  timers.tick(9);
  expect(ran).toEqual([]);
  timers.tick(25);
  timers.tick(30);
  expect(ran).toEqual(["a", "b"]);
  expect(timers.deadline()).toBeNull();
});

test("a timer may cancel one that is due at the same tick", () => {
  const timers = new Timers();
  const ran: string[] = [];
  let cancel = () => {};
  timers.at(1, () => cancel());
  cancel = timers.at(2, () => ran.push("late"));
  timers.tick(5);
  expect(ran).toEqual([]);
});

test("the earlier of two deadlines, when there are any", () => {
  expect(earlier(null, null)).toBeNull();
  expect(earlier(3, null)).toBe(3);
  expect(earlier(null, 4)).toBe(4);
  expect(earlier(5, 4)).toBe(4);
});
