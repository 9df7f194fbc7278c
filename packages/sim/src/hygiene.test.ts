import type { Message } from "@nomad/protocol";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { type MoveManner, World } from "./world.ts";

/** All that the hosts keep: of guests, and for what is under way. */
function kept(world: World): object {
  return Object.fromEntries(
    world.hosts.map(({ name, core }) => {
      const devices = [...core.coordinator.backend.devices.values()].map(({ vlid, pds, cqs, regions, qps }) => {
        const holds = [...qps.values()].reduce((sum, qp) => sum + qp.holds.size, 0);
        return { vlid, pds: pds.size, cqs: cqs.size, regions: regions.size, qps: qps.size, holds };
      });
      // A report goes out from time to time: whether one is under way is not of interest.
      const { requests: _, ...underWay } = core.coordinator.underWay;
      return [name, { devices, underWay, qpns: core.hca.qpnsInUse }];
    }),
  );
}

const nothing: ReadonlySet<Message["kind"]> = new Set();

/** Alice moves from host-a to host-c, and what answers is `lost`: what the hosts keep before, and when it is undone. */
function aborted(lost: ReadonlySet<Message["kind"]>, how: MoveManner = "usual") {
  let losing = false;
  const passes = (_from: string, _to: string, { kind }: Message) => !(losing && lost.has(kind));
  const world = new World({ seed: 1, hosts: 3, programs: pairsOf(["alice", "bob"]), passes });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(50);
  const before = kept(world);
  losing = true;
  const { outcome } = world.move("alice", "host-c", how);
  losing = false;
  world.run(400);
  return { outcome, before, after: kept(world), world };
}

test.each(["PREPARED", "CONVERGED", "SUSPENDED", "PEER_SUSPENDED", "STOPPED", "BOUND"] as const)(
  "a move that is undone because %s never comes leaves nothing behind at any host",
  (answer) => {
    const { outcome, before, after, world } = aborted(new Set([answer]));
    expect(outcome).toBe("aborted");
    expect(after).toEqual(before);
    world.end("alice", "bob");
    expect(world.report("alice")).toMatchObject({ verified: true });
  },
);

test("a move that is undone because memory differs leaves nothing behind, however often", () => {
  const { outcome, before, world } = aborted(nothing, "flip-page");
  expect(outcome).toBe("aborted");
  for (let i = 0; i < 5; i++) world.move("alice", "host-c", "flip-page");
  world.run(400);
  expect(kept(world)).toEqual(before);
});

test("guests that end leave nothing behind", () => {
  const { world } = aborted(nothing);
  world.end("alice", "bob");
  world.run(50);
  for (const { core } of world.hosts) {
    expect(core.coordinator.backend.devices.size).toBe(0);
    expect(Object.values(core.coordinator.underWay).every((count) => count === 0)).toBe(true);
  }
});
