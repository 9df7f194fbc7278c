import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import { Schedule, type Scheduled } from "./schedule.ts";

interface Item extends Scheduled<Item> {
  readonly name: string;
}

const item = (name: string): Item => ({ name, scheduled: false, nextScheduled: null, parkedFor: 0 });
const port = 4 as Lid;

function drain(schedule: Schedule<Item>): string[] {
  const names: string[] = [];
  for (let next = schedule.next(); next !== null; next = schedule.next()) names.push(next.name);
  return names;
}

test("items have their turn in the order they came, once however often they were added", () => {
  const schedule = new Schedule<Item>();
  const [a, b] = [item("a"), item("b")];
  for (const each of [a, b, a]) schedule.add(each);
  expect(schedule.empty).toBe(false);
  expect(drain(schedule)).toEqual(["a", "b"]);
  expect(schedule.empty).toBe(true);
  schedule.add(b);
  expect(drain(schedule)).toEqual(["b"]);
});

test("a parked item has no turn until its link is ready", () => {
  const schedule = new Schedule<Item>();
  const a = item("a");
  schedule.park(a, port);
  schedule.add(a);
  schedule.ready(5 as Lid);
  expect(drain(schedule)).toEqual([]);
  schedule.ready(port);
  expect(drain(schedule)).toEqual(["a"]);
  schedule.ready(port);
  expect(schedule.empty).toBe(true);
});

test("an item that is unparked does not come back when the link it waited for is ready", () => {
  const schedule = new Schedule<Item>();
  const a = item("a");
  schedule.park(a, port);
  schedule.unpark(a);
  schedule.ready(port);
  expect(drain(schedule)).toEqual([]);
});
