import { expect, test } from "vitest";
import { Turns } from "./turns.ts";
import { VirtualClock } from "./virtual-clock.ts";

/** Turns of something with so many steps of work and such a deadline, which says when each turn was. */
function worker(work = 0, deadline = Number.POSITIVE_INFINITY) {
  const clock = new VirtualClock();
  const state = { work, deadline, at: [] as number[] };
  const turns = new Turns(clock, {
    turn(now) {
      state.at.push(now);
      if (state.deadline <= now) state.deadline = Number.POSITIVE_INFINITY;
      return --state.work > 0;
    },
    deadline: () => state.deadline,
  });
  const runOut = () => {
    while (clock.step());
  };
  return { clock, turns, state, runOut };
}

test("all that ask for a turn soon share one", () => {
  const { turns, state, runOut } = worker();
  for (let i = 0; i < 3; i++) turns.soon();
  expect(state.at).toEqual([]);
  runOut();
  expect(state.at).toEqual([0]);
});

test("a turn that may come later does not come when there was one before", () => {
  const { clock, turns, state, runOut } = worker();
  turns.later();
  turns.later();
  turns.now();
  runOut();
  expect(state.at).toEqual([0]);
  clock.after(3, () => turns.later());
  runOut();
  expect(state.at).toEqual([0, 3]);
});

test("a turn that leaves work over is followed by another, and others come in between", () => {
  const { clock, turns, state, runOut } = worker(3);
  turns.now();
  clock.after(0, () => expect(state.at).toHaveLength(2));
  runOut();
  expect(state.at).toEqual([0, 0, 0]);
});

test("a deadline brings a turn by itself", () => {
  const { turns, state, runOut } = worker(0, 7);
  turns.now();
  runOut();
  expect(state.at).toEqual([0, 7]);
});

test("a deadline that comes nearer is met", () => {
  const { turns, state, runOut } = worker(0, 7);
  turns.now();
  state.deadline = 5;
  turns.now();
  runOut();
  expect(state.at).toEqual([0, 0, 5]);
});

test("a deadline that recedes is met when it has come, after a turn in vain", () => {
  const { turns, state, runOut } = worker(0, 5);
  turns.now();
  state.deadline = 8;
  turns.now();
  runOut();
  expect(state.at).toEqual([0, 0, 5, 8]);
});

test("there is no turn any more once they are closed", () => {
  const { turns, state, runOut } = worker(2, 5);
  turns.now();
  turns.close();
  turns.now();
  turns.soon();
  runOut();
  expect(state.at).toEqual([0]);
});
