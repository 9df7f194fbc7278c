import { Random } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import type { MoveRecord } from "@nomad/protocol/http";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { World } from "./world.ts";

const pairs = [
  ["alice", "bob"],
  ["carol", "dave"],
  ["erin", "frank"],
] as const;
const names = pairs.flat();

/** Pairs that talk, each guest on the next host. */
function talking(seed: number, hosts: number, guests: readonly string[] = names): World {
  const world = new World({ seed, hosts, programs: pairsOf(...pairs) });
  for (const [i, name] of guests.entries()) world.boot(name, name, hostName(i % hosts));
  world.run(20);
  return world;
}

const hostName = (i: number) => `host-${String.fromCharCode(97 + i)}`;
const hostOf = (world: World, guest: string) => world.central.directory.guest(guest).host;

function verify(world: World, guests: readonly string[] = names): void {
  world.run(20);
  world.end(...guests);
  for (const guest of guests) expect(world.report(guest), guest).toMatchObject({ verified: true });
}

function allEnd(world: World, moves: readonly MoveRecord[]): void {
  world.until("all moves have ended", () => moves.every(({ outcome }) => outcome !== ""));
  expect(moves.map(({ outcome, error }) => ({ outcome, error }))).toEqual(
    moves.map(() => ({ outcome: "released", error: null })),
  );
}

test("both ends of a connection move at once", () => {
  const world = talking(1, 4, ["alice", "bob"]);
  const moves = [world.startMove("alice", "host-c"), world.startMove("bob", "host-d")];
  allEnd(world, moves);
  expect([hostOf(world, "alice"), hostOf(world, "bob")]).toEqual(["host-c", "host-d"]);
  verify(world, ["alice", "bob"]);
});

test("both ends change places: moves that cross", () => {
  const world = talking(2, 2, ["alice", "bob"]);
  allEnd(world, [world.startMove("alice", "host-b"), world.startMove("bob", "host-a")]);
  expect([hostOf(world, "alice"), hostOf(world, "bob")]).toEqual(["host-b", "host-a"]);
  verify(world, ["alice", "bob"]);
});

test("both ends move onto one host at once", () => {
  const world = talking(3, 3, ["alice", "bob"]);
  allEnd(world, [world.startMove("alice", "host-c"), world.startMove("bob", "host-c")]);
  verify(world, ["alice", "bob"]);
});

test("three guests move around in a circle", () => {
  const world = talking(4, 3);
  const circle = ["alice", "bob", "carol"].map((guest, i) => world.startMove(guest, hostName((i + 1) % 3)));
  allEnd(world, circle);
  verify(world);
});

test("moves that do not meet are under way together", () => {
  const world = talking(5, 6);
  const moves = [world.startMove("alice", "host-c"), world.startMove("dave", "host-e")];
  world.until("both are copied", () => moves.every((move) => move.phase === "prepared"));
  allEnd(world, moves);
  verify(world);
});

test("one of two crossing moves is aborted: the other goes on", () => {
  const world = talking(6, 4, ["alice", "bob"]);
  const [damaged, other] = [world.startMove("alice", "host-c", "flip-page"), world.startMove("bob", "host-d")];
  world.until("both have ended", () => damaged.outcome !== "" && other.outcome !== "");
  expect([damaged.outcome, other.outcome]).toEqual(["aborted", "released"]);
  verify(world, ["alice", "bob"]);
});

test("a destination dies while both ends move: its guest goes on at its source, the other moves", () => {
  const world = talking(7, 4, ["alice", "bob"]);
  const [first, second] = [world.startMove("alice", "host-c"), world.startMove("bob", "host-d")];
  world.until("the first is stopped", () => "stopped" in first.phases);
  world.kill("host-c");
  world.until("both have ended", () => first.outcome !== "" && second.outcome !== "");
  expect([first.outcome, second.outcome]).toEqual(["aborted", "released"]);
  verify(world, ["alice", "bob"]);
});

test.each([1, 2, 3, 4, 5, 6])("all guests move at random all the time, several at once (seed %i)", (seed) => {
  const world = talking(seed, 4);
  const random = new Random(seed);
  const moves: MoveRecord[] = [];
  for (let round = 0; round < 8; round++) {
    for (const guest of names) {
      const to = hostName(random.between(0, 3));
      if (world.stateOf(guest) === "running" && hostOf(world, guest) !== to && random.chance(0.6)) {
        moves.push(world.startMove(guest, to));
      }
    }
    world.run(random.between(1, 12));
  }
  allEnd(world, moves);
  expect(moves.length).toBeGreaterThan(10);
  verify(world);
});

test("a destination dies before the move to it has begun: the guest's next move begins where the guest is", () => {
  const passes = (_from: string, _to: string, { kind }: Message) => kind !== "PREPARED" || !mute;
  let mute = true;
  const world = new World({ seed: 8, hosts: 4, programs: pairsOf(pairs[0]), passes });
  for (const name of pairs[0]) world.boot(name, name, "host-a");
  const [first, second, third] = ["host-b", "host-c", "host-d"].map((to) => world.startMove("alice", to));
  expect(second).toMatchObject({ from: "host-b", to: "host-c" });
  world.kill("host-c");
  world.until("host-c is lost", () => second?.outcome === "aborted");
  expect([first?.outcome, second?.from, third?.from]).toEqual(["", "host-a", "host-b"]);
  mute = false;
  world.until("all moves have ended", () => third?.outcome === "released");
  expect(hostOf(world, "alice")).toBe("host-d");
  verify(world, pairs[0]);
});

test("a move that is asked for while another is being decided does not take that decision back in the journal", () => {
  const world = talking(9, 4, ["alice", "bob"]);
  const move = world.startMove("alice", "host-c");
  world.until("it is bound", () => move.phase === "bound");
  const next = world.startMove("alice", "host-d");
  world.until("it runs", () => "running" in move.phases);
  world.killCentral();
  world.restartCentral();
  expect(world.ended(move.id)).toMatchObject({ outcome: "released" });
  expect(world.ended(next.id)).toMatchObject({ outcome: "released", from: "host-c", to: "host-d" });
  verify(world, ["alice", "bob"]);
});

test("central dies with a line of moves: each is made in its turn, but one whose destination has died meanwhile", () => {
  const world = new World({ seed: 10, hosts: 4, programs: pairsOf(pairs[0]) });
  for (const name of pairs[0]) world.boot(name, name, "host-a");
  world.run(20);
  const moves = ["host-b", "host-c", "host-d"].map((to) => world.startMove("alice", to));
  world.until("the first is copied", () => "prepared" in (moves[0]?.phases ?? {}));
  world.killCentral();
  world.kill("host-c");
  world.restartCentral();
  const outcomes = moves
    .map(({ id }) => world.ended(id))
    .map(({ outcome, error, from }) => [outcome, error?.code, from]);
  expect(outcomes[0]).toMatchObject(["aborted", "E_STATE", "host-a"]);
  expect(outcomes[1]?.[0]).toBe("aborted");
  expect(outcomes[2]).toMatchObject(["released", undefined, "host-a"]);
  expect(hostOf(world, "alice")).toBe("host-d");
  verify(world, pairs[0]);
});
