import type { Message } from "@nomad/protocol";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { hostNames, World } from "./world.ts";

const everyone = ["central", ...hostNames(3)];

/** Alice and bob talk; `old`: who speaks version 1. `asked`: the requests that were sent so far, as `KIND from to`. */
function talking(old: readonly string[]) {
  const protocols = Object.fromEntries(old.map((name) => [name, 1]));
  const asked = new Set<string>();
  const passes = (from: string, to: string, { kind }: Message) => Boolean(asked.add(`${kind} ${from} ${to}`));
  const world = new World({ seed: 4, hosts: 3, programs: pairsOf(["alice", "bob"]), protocols, passes });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  return { world, asked };
}

function verify(world: World): void {
  world.run(20);
  world.end("alice", "bob");
  for (const guest of ["alice", "bob"]) {
    expect(world.report(guest), guest).toMatchObject({ verified: true });
    expect(world.report(guest).connections[0]?.delivered).toBeGreaterThan(30);
  }
}

test.each([["central"], ["host-a"], ["host-b"], ["host-c"]])(
  "%s is of the version before, all others are not: guests move there and back while they talk",
  (old) => {
    const { world } = talking([old]);
    for (const [guest, to] of [
      ["alice", "host-c"],
      ["bob", "host-a"],
      ["alice", "host-b"],
      ["bob", "host-c"],
      ["alice", "host-a"],
    ] as const) {
      expect(world.move(guest, to), `${guest} to ${to}`).toMatchObject({ outcome: "released" });
      world.run(5);
    }
    verify(world);
  },
);

test("to a destination of the version before, the guest's objects are told when it has stopped, and not before", () => {
  const { world, asked } = talking(["host-c"]);
  world.move("alice", "host-c");
  world.move("bob", "host-a");
  expect(asked).toContain("STATE host-a host-c");
  expect(asked).toContain("PRESETUP host-b host-a");
  expect(asked).toContain("PRESET host-a host-b");
  expect(asked).not.toContain("PRESET host-c host-a");
  verify(world);
});

test("a move between versions that is aborted leaves both guests talking where they were", () => {
  for (const old of everyone) {
    const { world } = talking([old]);
    expect(world.move("alice", "host-c", "flip-page"), old).toMatchObject({ outcome: "aborted" });
    verify(world);
  }
});

test("hosts are upgraded one after the other while their guests are elsewhere, central last: nothing is lost", () => {
  const { world } = talking(everyone);
  const places: Record<string, string> = { alice: "host-a", bob: "host-b" };
  for (const [host, refuge] of [
    ["host-c", "host-a"],
    ["host-a", "host-c"],
    ["host-b", "host-a"],
  ] as const) {
    for (const [guest, place] of Object.entries(places)) {
      if (place !== host) continue;
      expect(world.move(guest, refuge)).toMatchObject({ outcome: "released" });
      places[guest] = refuge;
    }
    world.kill(host);
    world.startHost(host);
    world.until(`${host} is up again`, () => world.central.directory.hosts.get(host)?.state === "up");
    world.run(20);
  }
  world.killCentral();
  world.restartCentral();
  world.until("all are back", () => [...world.central.directory.hosts.values()].every(({ state }) => state === "up"));
  expect(world.move("alice", "host-b")).toMatchObject({ outcome: "released" });
  verify(world);
});
