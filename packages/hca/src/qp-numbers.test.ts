import { type Qpn, Random } from "@nomad/base";
import { expect, test } from "vitest";
import { QpNumbers } from "./qp-numbers.ts";

/** Gives the numbers that it was made with, in turn. */
class Scripted extends Random {
  readonly #numbers: number[];

  constructor(...numbers: number[]) {
    super(0);
    this.#numbers = numbers;
  }

  override between(): number {
    return this.#numbers.shift() as number;
  }
}

test("a number that is given is not given again, whether or not a queue pair still has it", () => {
  const numbers = new QpNumbers(new Scripted(5, 5, 6, 5, 7));
  expect([numbers.take(), numbers.take(), numbers.take()]).toEqual([5, 6, 7]);
  expect([numbers.isTaken(8 as Qpn), numbers.isTaken(5 as Qpn)]).toEqual([false, true]);
});

test("a released number is kept back until thousands more were released", () => {
  const numbers = new QpNumbers(new Random(1));
  const first = numbers.take();
  numbers.release(first);
  for (let i = 0; i < 4095; i++) numbers.release(numbers.take());
  expect(numbers.isTaken(first)).toBe(true);
  numbers.release(numbers.take());
  expect(numbers.isTaken(first)).toBe(false);
});

test("QP1 is had by one at a time, and again as soon as it is released", () => {
  const numbers = new QpNumbers(new Random(1));
  expect(numbers.takeGsi()).toBe(1);
  expect(numbers.takeGsi()).toBeNull();
  numbers.release(1 as Qpn);
  expect(numbers.takeGsi()).toBe(1);
});
