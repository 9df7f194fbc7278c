import type { Qpn } from "@nomad/base";
import { everything } from "@nomad/wire";
import { expect, test, vi } from "vitest";
import { plantIn } from "../planting.ts";
import { RuleLab } from "./testing/lab.ts";

// Draining, and the cut.

test("rule 1: while the guest drains only its send queues are closed: it takes what peers go on to send", () => {
  const lab = new RuleLab();
  const { world, traffic } = lab;
  world.rules.add({ ...everything, kind: "delay", on: ["wire"], ms: 10 });
  const posted = vi.spyOn(traffic.messages, "posted");
  const delivered = vi.spyOn(traffic.messages, "delivered");
  const move = lab.moveUntil("alice", "host-c", "precopy");
  const [postedBefore, deliveredBefore] = [posted.mock.calls.length, delivered.mock.calls.length];
  world.until("it is drained", () => move.phase === "suspended");
  const ofBob = posted.mock.calls.slice(postedBefore).filter(([from]) => from === "bob");
  const taken = delivered.mock.calls.slice(deliveredBefore).filter(([, to]) => to === "alice");
  expect(taken.some(([, , number]) => ofBob.some(([, , sent]) => sent === number))).toBe(true);
  lab.settle();
  lab.verify();
});

test("rule 1: a queue pair that is held uses up no retries, though nothing gets through for longer than they last", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const move = lab.moveUntil("alice", "host-c", "suspended");
  // Until bob's side is held, too.
  world.run(0.06);
  const silence = world.rules.add({ ...everything, kind: "drop", on: ["wire"] });
  // Eight times 17 ms, and a connection that is not held has failed.
  world.run(145);
  expect(move.phase).toBe("suspended");
  silence();
  world.until("the move ends", () => move.outcome !== "");
  lab.verify();
});

test("rule 3: a cut gives new numbers to the queue pairs of both ends, and late packets for the old ones are nobody's", () => {
  const lab = new RuleLab({ drainBudgetMs: 0 });
  const { world } = lab;
  const ghosts = world.rules.add({ ...everything, kind: "duplicate", on: ["wire"], chance: 0.5, ms: 30 });
  const numbers: Qpn[] = [...lab.qpnsOf("alice"), ...lab.qpnsOf("bob")];
  for (const to of ["host-c", "host-a", "host-d"]) {
    expect(world.move("alice", to)).toMatchObject({ outcome: "released" });
    numbers.push(...lab.qpnsOf("alice"), ...lab.qpnsOf("bob"));
    world.run(5);
  }
  ghosts();
  expect(new Set(numbers).size).toBe(numbers.length);
  world.run(40);
  lab.verify();
});

test("rule 4: work that is held keeps its virtual names, and is translated anew when it goes on", () => {
  const bothEndsMove = () => {
    const lab = new RuleLab();
    const moves = [lab.world.startMove("alice", "host-c"), lab.world.startMove("bob", "host-d")];
    lab.settle();
    for (const move of moves) expect(move.held).toBeGreaterThan(0);
    lab.verify();
  };
  bothEndsMove();
  using _ = plantIn("stale-name");
  expect(bothEndsMove).toThrow();
});
