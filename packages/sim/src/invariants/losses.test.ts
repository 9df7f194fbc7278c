import { expect, test } from "vitest";
import { pairsOf } from "../programs/pairs.ts";
import { World } from "../world.ts";
import { Losses } from "./losses.ts";
import { OnePlace } from "./one-place.ts";

/** A guest goes back from a dead destination; central dies while it writes down that it is back. Null: the write was lost. */
function returnedUntold(seed: number): { readonly world: World; readonly losses: Losses } | null {
  const world = new World({ seed, hosts: 3, programs: pairsOf(["alice", "bob"]) });
  const places = new OnePlace(() => world.hosts);
  const losses = new Losses(world, places);
  world.observers.add(places);
  world.observers.add(losses);
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  const { id } = world.startMove("alice", "host-c");
  world.until("it is decided", () => world.central.move(id).phase === "COMMITTED");
  world.kill("host-c");
  world.until("the guest goes back", () => world.central.move(id).phase === "aborting");
  let died = false;
  world.disk.tearNext(() => {
    died = true;
    world.killCentral();
  });
  world.until("central has died", () => died);
  world.restartCentral();
  return world.central.move(id).outcome === "aborted" ? { world, losses } : null;
}

test("a guest that is back where it came from is not held for dead when central died before it said so", () => {
  const cases = Array.from({ length: 8 }, (_, seed) => returnedUntold(seed)).filter((kept) => kept !== null);
  expect(cases.length).toBeGreaterThan(0);
  for (const { world, losses } of cases) {
    expect(world.stateOf("alice")).toBe("running");
    expect(() => losses.reported("alice")).not.toThrow();
  }
});
