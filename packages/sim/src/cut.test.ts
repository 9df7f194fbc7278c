import type { Message } from "@nomad/protocol";
import { describe, expect, test } from "vitest";
import { talker } from "./programs/talker.ts";
import { timings } from "./timings.ts";
import { Traffic } from "./traffic.ts";
import { World, type WorldOptions } from "./world.ts";

// Rule 2 of the protocol, and what rules 1, 13, 14, 17 and 18 say of it: what is not drained in time is cut.

/** Longer than all that a move gives queue pairs to drain. */
const long = { after: 100, ms: 4 * timings.drainBudgetMs };

/** Alice and bob talk; bob may rest so long that his receives run out. */
function talking(seed: number, bobNaps: boolean, options: Partial<WorldOptions> = {}): World {
  const traffic = new Traffic();
  const programs = {
    alice: talker({ own: "alice", peers: ["bob"], traffic }),
    bob: talker({ own: "bob", peers: ["alice"], traffic, nap: bobNaps ? long : null }),
  };
  const world = new World({ seed, hosts: 4, programs, ...options });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  return world;
}

function verify(world: World): void {
  world.run(20);
  world.end("alice", "bob");
  for (const guest of ["alice", "bob"]) {
    expect(world.report(guest), guest).toMatchObject({ verified: true });
    expect(world.report(guest).connections[0]?.delivered, guest).toBeGreaterThan(20);
  }
}

const hostOf = (world: World, guest: string) => world.central.directory.guest(guest).host;

describe("2: a receiver that is never ready", () => {
  test.each(["alice", "bob"])(
    "%s moves: the move goes on, and everything is delivered once when it is ready",
    (guest) => {
      const world = talking(1, true);
      const move = world.move(guest, "host-c");
      expect(move).toMatchObject({ outcome: "released", error: null });
      expect(move.cut).toBeGreaterThan(0);
      verify(world);
    },
  );

  test("both ends move, one onto the other's host", () => {
    const world = talking(2, true);
    for (const [guest, to] of [
      ["bob", "host-a"],
      ["alice", "host-d"],
    ] as const)
      expect(world.move(guest, to)).toMatchObject({ outcome: "released" });
    verify(world);
  });

  test("a strict move is aborted with E_DRAIN, and all goes on as if it had never begun", () => {
    const world = talking(3, true);
    const move = world.move("alice", "host-c", "strict");
    expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_DRAIN" }, strict: true, cut: 0 });
    expect(hostOf(world, "alice")).toBe("host-a");
    verify(world);
  });
});

test("1: a strict move is made when all drains in time", () => {
  const world = talking(4, false);
  expect(world.move("alice", "host-c", "strict")).toMatchObject({ outcome: "released", cut: 0 });
  verify(world);
});

describe("2: no time to drain", () => {
  test("guests tour all hosts, cut in the middle of everything they do", () => {
    const world = talking(5, false, { drainBudgetMs: 0 });
    let cut = 0;
    for (const [guest, to] of [
      ["alice", "host-c"],
      ["bob", "host-d"],
      ["alice", "host-d"],
      ["bob", "host-a"],
      ["alice", "host-b"],
      ["bob", "host-b"],
    ] as const) {
      const move = world.move(guest, to);
      expect(move).toMatchObject({ outcome: "released", error: null });
      cut += move.cut;
      world.run(7);
    }
    expect(cut).toBeGreaterThan(2);
    verify(world);
  });

  test("14: a move that is aborted behind the cut leaves both ends as they were", () => {
    const world = talking(6, false, { drainBudgetMs: 0 });
    const move = world.move("alice", "host-c", "flip-page");
    expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_DIGEST" } });
    expect(move.cut).toBeGreaterThan(0);
    world.run(20);
    expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
    verify(world);
  });

  test.each(["suspended", "peers-suspended", "stopped"] as const)(
    "13: the destination dies in phase %s: the guest goes on at its source",
    (phase) => {
      const world = talking(7, false, { drainBudgetMs: 0 });
      const move = world.startMove("alice", "host-c");
      world.until(`the move is ${phase}`, () => phase in move.phases);
      world.kill("host-c");
      expect(world.ended(move.id)).toMatchObject({ outcome: "aborted" });
      verify(world);
    },
  );
});

test("17: a peer that does not hear for long how the move went asks, and goes on by the cut that it is told", () => {
  let lost = true;
  const unheard = (from: string, to: string, message: Message) =>
    !lost || message.kind !== "RESUME_PEER" || from !== "host-c" || to !== "host-a";
  const world = talking(8, true, { passes: unheard });
  const move = world.startMove("bob", "host-c");
  world.until("the guest runs at its destination", () => "running" in move.phases);
  world.run(3 * timings.inquireMs);
  expect(move).toMatchObject({ outcome: "", error: null });
  expect(move.cut).toBeGreaterThan(0);
  lost = false;
  expect(world.ended(move.id)).toMatchObject({ outcome: "released" });
  verify(world);
});

describe("18: a peer's host that does not answer", () => {
  const deaf = (_from: string, to: string, message: Message) => message.kind !== "SUSPEND_PEER" || to !== "host-b";

  test("aborts the move when its time is over", () => {
    const world = talking(9, false, { passes: deaf });
    expect(world.move("alice", "host-c")).toMatchObject({ outcome: "aborted", error: { code: "E_TIMEOUT" } });
    verify(world);
  });

  test("does not hold it up once it is declared dead", () => {
    const world = talking(10, false, { drainBudgetMs: 0 });
    const move = world.startMove("alice", "host-c");
    world.until("the guest is suspended", () => "suspended" in move.phases);
    world.kill("host-b");
    expect(world.ended(move.id)).toMatchObject({ outcome: "released" });
    world.until("alice has been told by her adapter", () => world.stateOf("alice") !== "running");
    expect(hostOf(world, "alice")).toBe("host-c");
  });
});
