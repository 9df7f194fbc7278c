import { everything } from "@nomad/wire";
import { expect, test } from "vitest";
import { plantIn } from "../planting.ts";
import { RuleLab } from "./testing/lab.ts";

// What is idle.

test("rule 6: of connections with nothing under way at either end no peer tells anything, and peers keep their numbers", () => {
  const lab = new RuleLab({ guests: { alice: "host-a", bob: "host-b", carol: "host-d" } });
  const { world } = lab;
  const before = { bob: lab.qpnsOf("bob"), carol: lab.qpnsOf("carol"), alice: lab.qpnsOf("alice") };
  expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released", cut: 0 });
  expect(lab.sentOf("PEER_SUSPENDED").map(({ message }) => message.cuts)).toEqual([[], []]);
  expect(lab.sentOf("BIND").map(({ message }) => message.cuts)).toEqual([[]]);
  expect([lab.qpnsOf("bob"), lab.qpnsOf("carol")]).toEqual([before.bob, before.carol]);
  expect(lab.qpnsOf("alice").filter((qpn) => before.alice.includes(qpn))).toEqual([]);
  lab.verify();
});

/** Alice has long been silent; half of all packets are lost, and nobody has time to drain. How many peers were cut. */
function sendsToTheSilent(afterMs: number): number {
  const lab = new RuleLab({ silent: ["alice"], drainBudgetMs: 0 });
  const { world } = lab;
  world.run(afterMs);
  const losses = world.rules.add({ ...everything, kind: "drop", on: ["wire"], chance: 0.5 });
  world.run(3);
  expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
  losses();
  const [suspend, ...others] = lab.sentOf("SUSPEND_PEER");
  expect([suspend?.message.active, others]).toEqual([[], []]);
  lab.verify();
  return lab.sentOf("PEER_SUSPENDED").flatMap(({ message }) => message.cuts).length;
}

test("rule 6: what is idle at the moving guest's end only is tested at its peer's, and cut there", () => {
  const moments = Array.from({ length: 12 }, (_, i) => 5 + 0.7 * i);
  expect(moments.map(sendsToTheSilent)).toContain(1);
  using _ = plantIn("idle-not-tested-at-peer");
  expect(() => moments.map(sendsToTheSilent)).toThrow();
});

test("rule 6: what is idle is told while the guest is copied, and again neither when it stands still nor when it runs", () => {
  const guests = { alice: "host-a", bob: "host-b", carol: "host-d" };
  const lab = new RuleLab({ guests, silent: Object.keys(guests) });
  const { world } = lab;
  world.run(20);
  const move = lab.moveUntil("alice", "host-c", "precopy");
  expect(lab.sentOf("FORETELL").map(({ to }) => to)).toEqual(["host-b", "host-d"]);
  lab.settle();
  expect(move).toMatchObject({ outcome: "released" });
  expect(lab.sentOf("STATE").map(({ message }) => message.device.qps)).toEqual([[]]);
  const resumed = lab.sentOf("RESUME_PEER").map(({ message }) => message);
  expect(resumed).toMatchObject([
    { names: [], foretold: true },
    { names: [], foretold: true },
  ]);
  world.end(...Object.keys(guests));
  for (const guest of Object.keys(guests)) expect(world.report(guest)).toMatchObject({ verified: true });
});

test("rule 6: a peer's host that has not heard what was foretold is told when the guest runs", () => {
  const lab = new RuleLab({ passes: (_from, _to, { kind }) => kind !== "FORETELL" });
  expect(lab.world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
  const [resume] = lab.sentOf("RESUME_PEER");
  expect([resume?.message.names.length, resume?.message.foretold]).toEqual([1, undefined]);
  lab.verify();
});

test("rule 6: what was foretold of a move that is undone is forgotten", () => {
  const lab = new RuleLab({ silent: ["alice", "bob"], passes: (_from, _to, { kind }) => kind !== "BOUND" });
  const { world } = lab;
  world.run(20);
  expect(world.move("alice", "host-c")).toMatchObject({ outcome: "aborted" });
  expect(lab.sentOf("FORETOLD").length).toBeGreaterThan(0);
  world.run(5);
  expect(world.host("host-b").coordinator.underWay.foretold).toBe(0);
  world.end("alice", "bob");
  expect(world.report("alice")).toMatchObject({ verified: true });
});
