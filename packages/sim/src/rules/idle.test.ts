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
