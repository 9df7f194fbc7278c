import { VirtualClock } from "@nomad/base";
import type { CentralEffect, Message } from "@nomad/protocol";
import { expect, test } from "vitest";
import { CentralTurns } from "./turns.ts";

const write = (key: string): CentralEffect => ({
  kind: "journal",
  ticket: null,
  entries: [{ table: "guests", key, value: "" }],
});
const send = (kind: string): CentralEffect => ({ kind: "send", to: "host-a", message: { kind } as Message });
const from = (kind: string) => ({
  ...{ kind: "message" as const, from: "host-a", incarnation: "1" },
  message: { kind } as Message,
});

/** Turns of a core that decides what it is told to, and what has been done. */
function turning(delays: number[]) {
  const clock = new VirtualClock();
  const decided: CentralEffect[] = [];
  const done: string[] = [];
  const turns = new CentralTurns({
    clock,
    takeEffects: () => decided.splice(0),
    perform: (effect) => void done.push(effect.kind === "send" ? effect.message.kind : effect.kind),
    commit: ({ entries }) => void done.push(...entries.map(({ key }) => `${key} written`)),
    writeDelayMs: () => delays.shift() ?? 0,
  });
  const take = (kind: string, ...effects: CentralEffect[]) =>
    turns.take(from(kind), () => {
      done.push(`${kind} taken`);
      decided.push(...effects);
    });
  return { clock, done, turns, take };
}

test("on a disk that is not slow, what is decided is done in its order", () => {
  const { done, take } = turning([]);
  take("BOUND", write("alice"), send("RUN"));
  expect(done).toEqual(["BOUND taken", "alice written", "RUN"]);
});

test("behind a write that is kept from the disk all waits, and goes on in its order", () => {
  const { clock, done, take } = turning([50, 30]);
  take("BOUND", write("alice"), send("RUN"));
  take("HEARTBEAT", write("bob"), send("WELCOME"));
  expect(done).toEqual(["BOUND taken"]);
  clock.step();
  expect(clock.now()).toBe(50);
  expect(done).toEqual(["BOUND taken", "alice written", "RUN", "HEARTBEAT taken"]);
  clock.step();
  expect(clock.now()).toBe(80);
  expect(done.slice(-2)).toEqual(["bob written", "WELCOME"]);
});

test("faults are added and lifted while a write is kept from the disk, and lifting its own ends it", () => {
  const { clock, done, turns, take } = turning([50]);
  take("BOUND", write("alice"), send("RUN"));
  take("FAULTS_SET", send("STOP"), send("FAULTS"));
  expect(done).toEqual(["BOUND taken", "FAULTS_SET taken", "FAULTS"]);
  turns.writeNow();
  expect(done.slice(3)).toEqual(["alice written", "RUN", "STOP"]);
  expect(clock.step()).toBe(false);
  expect(done).toHaveLength(6);
});

test("what was kept from the disk when central ends never gets there", () => {
  const { clock, done, turns, take } = turning([50]);
  take("BOUND", write("alice"));
  turns.close();
  clock.step();
  turns.writeNow();
  expect(done).toEqual(["BOUND taken"]);
});
