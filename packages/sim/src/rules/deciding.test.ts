import { everything } from "@nomad/wire";
import { expect, test } from "vitest";
import { plantIn } from "../planting.ts";
import { RuleLab } from "./testing/lab.ts";

// Deciding.

test("rule 12: memory that is not the same at both ends is no decision, and nobody is told to run", () => {
  const lab = new RuleLab();
  const move = lab.world.move("alice", "host-c", "flip-page");
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_DIGEST" } });
  expect(Object.keys(move.phases)).not.toContain("COMMITTED");
  expect(lab.sentOf("RUN")).toEqual([]);
  lab.verify();
});

test("rule 12: the decision is on disk before anybody hears of it, however long the disk takes", () => {
  const lab = new RuleLab();
  const { world } = lab;
  lab.moveUntil("alice", "host-c", "stopped");
  world.disk.commitMs = 40;
  const before = world.clock.now();
  lab.settle();
  const [run] = lab.sentOf("RUN");
  expect(run?.atMs).toBeGreaterThan(before + 40);
  world.disk.mend();
  lab.verify();
});

test("rule 13: a guest that is stopped stays so, at both its hosts, for as long as nobody can say how its move ends", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const { vlid } = world.central.directory.guest("alice");
  const move = lab.moveUntil("alice", "host-c", "stopped");
  world.killCentral();
  const steps: string[] = [];
  world.observers.add({ step: (at, who) => void (who === vlid && steps.push(at.name)) });
  world.run(2000);
  expect(steps).toEqual([]);
  world.restartCentral();
  expect(world.ended(move.id)).toMatchObject({ outcome: "aborted" });
  world.run(5);
  expect(new Set(steps)).toEqual(new Set(["host-a"]));
  lab.verify();
});

test.each([
  ["prepared", "aborted"],
  ["precopy", "aborted"],
  ["suspended", "aborted"],
  ["peers-suspended", "aborted"],
  ["stopped", "aborted"],
  ["COMMITTED", "released"],
  ["running", "released"],
  ["peers-resumed", "released"],
] as const)(
  "rule 14: central dies when a move is %s: started again it ends it as %s, and an abort burns its epoch",
  (phase, outcome) => {
    const lab = new RuleLab();
    const { world } = lab;
    const { epoch } = world.central.directory.guest("alice");
    const move = lab.moveUntil("alice", "host-c", phase);
    world.run(0.01);
    world.killCentral();
    world.run(5);
    world.restartCentral();
    expect(world.ended(move.id)).toMatchObject({ outcome });
    lab.settle();
    expect(world.central.directory.guest("alice")).toMatchObject(
      outcome === "aborted" ? { host: "host-a", epoch: epoch + 2 } : { host: "host-c", epoch: epoch + 1 },
    );
    lab.verify();
  },
);

test("rule 14: what a central of before still asks for is refused", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const { vlid } = world.central.directory.guest("alice");
  world.killCentral();
  world.restartCentral();
  world.run(5);
  expect(world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
  const message = {
    kind: "SUSPEND" as const,
    id: 9999,
    move: "1-1",
    vlid,
    generation: 1,
    budgetMs: 100,
    strict: false,
  };
  world.host("host-c").handle({ kind: "message", from: "central", incarnation: "central-1", message });
  const [answer] = lab.sentOf("FAILED").filter(({ message: { re } }) => re === 9999);
  expect(answer?.message.code).toBe("E_STATE");
  lab.verify();
});

test("rule 15: the destination dies before it ran the guest: every host fences it, and the source has its copy still", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const { epoch } = world.central.directory.guest("alice");
  const move = lab.moveUntil("alice", "host-c", "COMMITTED");
  world.kill("host-c");
  world.until("the move ends", () => move.outcome !== "");
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_HOST_LOST" } });
  expect(new Set(lab.sentOf("FENCE").map(({ to }) => to))).toEqual(new Set(["host-a", "host-b", "host-d"]));
  expect(lab.sentOf("FENCED").every(({ message }) => !message.seen)).toBe(true);
  expect(lab.sentOf("RELEASE")).toEqual([]);
  expect(world.central.directory.guest("alice")).toMatchObject({ host: "host-a", epoch: epoch + 2 });
  lab.verify();
});

/** Every page that the bulk link carries comes again so long after it came. */
function pagesComeAgain(ms: number): void {
  const lab = new RuleLab();
  lab.world.rules.add({ ...everything, kind: "duplicate", on: ["bulk"], ms });
  for (const to of ["host-c", "host-d"]) expect(lab.world.move("alice", to)).toMatchObject({ outcome: "released" });
  lab.verify();
}

test("rule 16: a page that comes again in a later round is not written", () => {
  const delays = Array.from({ length: 14 }, (_, i) => 0.1 * (i + 1));
  for (const ms of delays) pagesComeAgain(ms);
  using _ = plantIn("late-page");
  expect(() => {
    for (const ms of delays) pagesComeAgain(ms);
  }).toThrow();
});
