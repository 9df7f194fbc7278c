import { VirtualClock } from "@nomad/base";
import { expect, test } from "vitest";
import { everything, type FaultRule } from "./fault.ts";
import { FaultBook, type StandingFault } from "./fault-book.ts";

const rule: FaultRule = { ...everything, kind: "drop", on: ["wire"] };
const standing = (id: string, more: Partial<StandingFault> = {}): StandingFault => {
  return { id, rule, seed: 1, leftMs: null, ...more };
};

/** Which of 40 packets a fault of chance one half hits at this end. */
function hitsAt(end: string, seed: number): string {
  const book = new FaultBook(end, new VirtualClock());
  book.set([standing("f", { seed, rule: { ...rule, chance: 0.5 } })]);
  return Array.from({ length: 40 }, () => book.rules.judge("wire", "host-a", end).kind).join();
}

test("a book keeps in step with the list: what stays goes on as it was, what is gone is lifted, and hits are counted", () => {
  const lifted: string[] = [];
  const book = new FaultBook("host-b", new VirtualClock(), ({ kind }) => lifted.push(kind));
  book.set([standing("one")]);
  book.rules.judge("wire", "host-a", "host-b");
  book.set([standing("one"), standing("two", { rule: { ...rule, kind: "cut", on: ["peer"] } })]);
  book.rules.judge("wire", "host-a", "host-b");
  book.rules.judge("peer", "host-a", "host-b");
  expect(book.hits).toEqual([
    { id: "one", hits: 2 },
    { id: "two", hits: 1 },
  ]);
  book.set([standing("one")]);
  expect(lifted).toEqual(["cut"]);
  book.set([]);
  expect(book.rules.quiet).toBe(true);
});

test("a fault ends by itself after its time, though nobody lifts it", () => {
  const clock = new VirtualClock();
  const lifted: string[] = [];
  const book = new FaultBook("host-b", clock, ({ kind }) => lifted.push(kind));
  book.set([standing("one", { leftMs: 30 })]);
  expect(book.rules.quiet).toBe(false);
  while (clock.step());
  expect(clock.now()).toBe(30);
  expect(book.rules.quiet).toBe(true);
  expect(lifted).toEqual(["drop"]);
});

test("what has ended here does not come back with a list that is late", () => {
  const clock = new VirtualClock();
  const lifted: string[] = [];
  const book = new FaultBook("host-b", clock, ({ kind }) => lifted.push(kind));
  book.set([standing("one", { leftMs: 30 })]);
  while (clock.step());
  book.set([standing("one", { leftMs: 0 })]);
  while (clock.step());
  expect(book.rules.quiet).toBe(true);
  expect(lifted).toEqual(["drop"]);
});

test("the same seed hits the same packets at an end, and others at another end", () => {
  expect(hitsAt("host-a", 7)).toBe(hitsAt("host-a", 7));
  expect(hitsAt("host-a", 7)).not.toBe(hitsAt("host-a", 8));
  expect(hitsAt("host-a", 7)).not.toBe(hitsAt("host-b", 7));
});
