import { WC_RETRY_EXC_ERR } from "@nomad/abi";
import { Random } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { World } from "./world.ts";

const pair = () => pairsOf(["alice", "bob"]);

function talking(seed: number, hosts = 3): World {
  const world = new World({ seed, hosts, programs: pair() });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  return world;
}

function verify(world: World): void {
  world.end("alice", "bob");
  for (const guest of ["alice", "bob"]) {
    const report = world.report(guest);
    expect(report, guest).toMatchObject({ verified: true });
    expect(report.connections[0]?.delivered).toBeGreaterThan(30);
  }
}

test("two guests talk", () => {
  verify(talking(1));
});

test("a guest moves while it talks: nothing is lost, doubled, reordered or corrupted", () => {
  const world = talking(1);
  const move = world.move("alice", "host-c");
  expect(move).toMatchObject({ outcome: "released", digestSource: move.digestDestination });
  expect(move.held).toBeGreaterThan(0);
  world.run(20);
  verify(world);
});

test("a guest tours all hosts, meets its peer on one host, and they part again", () => {
  const world = talking(2);
  for (const [guest, to] of [
    ["alice", "host-c"],
    ["alice", "host-b"],
    ["bob", "host-a"],
    ["bob", "host-c"],
    ["alice", "host-a"],
  ] as const) {
    expect(world.move(guest, to)).toMatchObject({ outcome: "released" });
    world.run(10);
  }
  verify(world);
});

test("a page that is flipped in transit aborts the move: the guest goes on at its source, its connection intact", () => {
  const world = talking(3);
  const move = world.move("alice", "host-c", "flip-page");
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_DIGEST" } });
  expect(world.central.directory.guest("alice")).toMatchObject({ host: "host-a", state: "running" });
  world.run(20);
  expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
  verify(world);
});

test.each([1, 2, 3, 4, 5])(
  "every control message may be lost once: a move ends well all the same (seed %i)",
  (seed) => {
    const random = new Random(seed);
    const lost = new Set<string>();
    const passes = (from: string, to: string, message: Message) => {
      const key = `${from} ${to} ${message.kind} ${"re" in message ? message.re : ""}`;
      if (lost.has(key) || !random.chance(0.3)) return true;
      lost.add(key);
      return false;
    };
    const world = new World({ seed, hosts: 3, programs: pair(), passes });
    world.boot("alice", "alice", "host-a");
    world.boot("bob", "bob", "host-b");
    world.run(20);
    for (const to of ["host-c", "host-b", "host-a"])
      expect(world.move("alice", to)).toMatchObject({ outcome: "released", error: null });
    verify(world);
  },
);

test("a host dies: its guest is reported lost, the peer's queue pair ends with RETRY_EXC_ERR", () => {
  const world = talking(4);
  world.kill("host-a");
  world.until("bob has ended", () => world.stateOf("bob") !== "running");
  expect(world.report("bob").connections[0]).toMatchObject({ status: String(WC_RETRY_EXC_ERR) });
  world.until("alice is reported lost", () => world.stateOf("alice") === "lost");
});

const undecided = ["planned", "prepared", "precopy", "suspended", "peers-suspended", "stopped"] as const;

test.each(undecided)("the destination dies in phase %s: the guest goes on at its source", (phase) => {
  const world = talking(5);
  const move = world.startMove("alice", "host-c");
  world.until(`the move is ${phase}`, () => move.phase === phase || phase in move.phases);
  world.kill("host-c");
  world.until("the move ends", () => move.outcome !== "");
  expect(move.outcome).toBe("aborted");
  world.run(20);
  verify(world);
});

test.each(undecided.slice(0, -1))(
  "the source dies in phase %s: the guest is lost, its peer is told by its adapter",
  (phase) => {
    const world = talking(6);
    const move = world.startMove("alice", "host-c");
    world.until(`the move is ${phase}`, () => move.phase === phase || phase in move.phases);
    world.kill("host-a");
    world.until("the move ends", () => move.outcome !== "");
    expect(move.outcome).toBe("lost");
    world.until("bob has ended", () => world.stateOf("bob") !== "running");
    expect(world.report("bob").connections[0]).toMatchObject({ status: String(WC_RETRY_EXC_ERR) });
  },
);

test.each(["stopped", "bound", "COMMITTED", "running", "peers-resumed"] as const)(
  "the source dies in phase %s: the guest runs at its destination",
  (phase) => {
    const world = talking(7);
    const move = world.startMove("alice", "host-c");
    world.until(`the move is ${phase}`, () => move.phase === phase || phase in move.phases);
    world.kill("host-a");
    world.until("the move ends", () => move.outcome !== "");
    expect(move.outcome).toBe("released");
    world.run(20);
    verify(world);
  },
);

test("a move is aborted before its peers hear of it, then a peer moves: it finds the keys under the guest's new epoch", () => {
  const world = talking(8, 5);
  const move = world.startMove("alice", "host-c");
  world.until("pages are copied", () => move.phase === "prepared");
  world.kill("host-c");
  world.until("the move ends", () => move.outcome === "aborted");
  expect(world.move("bob", "host-d")).toMatchObject({ outcome: "released" });
  world.run(20);
  verify(world);
});

test("central dies while a move waits in line: the guest can be moved when central is back", () => {
  const world = talking(9, 4);
  const [first, second] = [world.startMove("alice", "host-c"), world.startMove("bob", "host-d")];
  world.until("the first is stopped", () => "stopped" in first.phases);
  world.killCentral();
  world.run(5);
  world.restartCentral();
  world.until("no guest is moving", () => world.central.status().guests.every(({ state }) => state === "running"));
  expect(second.outcome).toBe("");
  expect(world.move("bob", "host-c")).toMatchObject({ outcome: "released" });
  world.run(20);
  verify(world);
});

test("central is paused for longer than hosts may be silent: none of them is taken for dead", () => {
  const world = talking(10);
  world.centralProcess.pause();
  world.run(400);
  world.centralProcess.resume();
  world.run(400);
  expect(world.central.status().hosts.map(({ state }) => state)).toEqual(["up", "up", "up"]);
  expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
  verify(world);
});

test.each(["COMMITTED", "stopped"] as const)(
  "central dies in phase %s and stays away for longer than look-ups take: no connection suffers",
  (phase) => {
    const world = talking(11);
    const move = world.startMove("alice", "host-b");
    world.until(`the move is ${phase}`, () => move.phase === phase);
    world.run(0.1);
    world.killCentral();
    world.run(500);
    world.restartCentral();
    world.until("nobody moves any more", () => world.central.status().guests.every(({ state }) => state === "running"));
    world.run(20);
    verify(world);
  },
);

test.each([0.1, 0.3, 0.5, 0.7, 0.9, 1.1])(
  "central dies %f ms after an abort began: the epoch that the abort burnt is not used again",
  (afterMs) => {
    const world = talking(12);
    const move = world.startMove("alice", "host-c", "flip-page");
    world.until("it is being undone", () => move.phase === "aborting");
    world.run(afterMs);
    world.killCentral();
    world.run(5);
    world.restartCentral();
    world.until("nobody moves any more", () => world.central.status().guests.every(({ state }) => state === "running"));
    world.until("host-c is there", () => world.central.directory.host("host-c").state === "up");
    expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
    world.run(20);
    verify(world);
  },
);
