import { HC_ALLOC_PD, HC_REG_MR, PROGRAM_BASE, VMM_EPOCH, VMM_VLID } from "@nomad/abi";
import { expect, test, vi } from "vitest";
import { Driver } from "../driver.ts";
import type { Program } from "../guest.ts";
import { World } from "../world.ts";
import { RuleLab } from "./testing/lab.ts";

// Stopping.

test("rule 8: the last pages are looked for when the guest has stopped and its adapter has let go of its memory", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const { vlid } = world.central.directory.guest("alice");
  const seen: string[] = [];
  world.observers.add({
    step: (_at, who) => void (who === vlid && seen.push("step")),
    vmm: (_at, who, action) => void (who === vlid && action.do !== "create" && seen.push(action.do)),
    bulk: (at, _move, action) => {
      if (action.do !== "round" || !action.final) return;
      seen.push(at.core.coordinator.backend.device(vlid).detached ? "scan" : "scan while attached");
    },
  });
  world.move("alice", "host-c");
  const [stop, run] = [seen.indexOf("stop"), seen.indexOf("run")];
  // A stop takes a moment, in which the guest may take its last step.
  expect(seen.slice(stop, run).filter((what) => what !== "step")).toEqual(["stop", "scan", "restore"]);
  expect(seen.slice(seen.indexOf("scan"), run)).not.toContain("step");
  lab.verify();
});

test("rule 9: completions that the program has not read when it is stopped are read after the move, each once", () => {
  const lab = new RuleLab({ restMs: 25, talk: false });
  const { world, traffic } = lab;
  const posted = vi.spyOn(traffic.completions, "posted");
  const completed = vi.spyOn(traffic.completions, "completed");
  const ofAlice = (calls: readonly (readonly unknown[])[]) => calls.filter(([of]) => of === "alice>bob").length;
  const behind = () => ofAlice(posted.mock.calls) - ofAlice(completed.mock.calls);
  lab.boot();
  world.until("alice has posted work", () => behind() > 0);
  world.run(5);
  const unread = behind();
  const move = lab.moveUntil("alice", "host-c", "stopped");
  // Drained: all that is not held has completed.
  expect(unread - move.held).toBeGreaterThan(0);
  expect(behind()).toBe(unread);
  lab.settle();
  lab.verify();
});

test("rule 10: what the guest writes over its own copy of the tables is not what is moved", () => {
  const lab = new RuleLab();
  const { vlid } = lab.world.central.directory.guest("alice");
  const { view } = lab.deviceOf("alice").memory;
  view.setUint32(VMM_VLID, 666, true);
  view.setUint32(VMM_EPOCH, 666, true);
  expect(lab.world.move("alice", "host-c")).toMatchObject({ outcome: "released" });
  const { memory, epoch } = lab.deviceOf("alice");
  expect([memory.view.getUint32(VMM_VLID, true), memory.view.getUint32(VMM_EPOCH, true)]).toEqual([vlid, epoch]);
  lab.verify();
});

test("rule 11: a hypercall that a move comes between is executed once, and answered", () => {
  let registered = 0;
  const registrar: Program = function* (machine) {
    const driver = new Driver(machine);
    const keys = new Set<number>();
    const [pd = 0] = yield* driver.must(HC_ALLOC_PD);
    while (!machine.shutdown) {
      const [vkey = 0] = yield* driver.must(HC_REG_MR, pd, PROGRAM_BASE, 64, 0);
      keys.add(vkey);
      registered++;
    }
    return keys.size === registered ? 0 : 1;
  };
  const world = new World({ seed: 1, hosts: 3, programs: { alice: registrar } });
  world.boot("alice", "alice", "host-a");
  for (const to of ["host-b", "host-c", "host-a", "host-b", "host-c"]) {
    expect(world.move("alice", to)).toMatchObject({ outcome: "released" });
    world.run(3);
  }
  const { vlid } = world.central.directory.guest("alice");
  const { regions } = world.host("host-c").coordinator.backend.device(vlid);
  expect(Math.abs(regions.size - registered)).toBeLessThanOrEqual(1);
  expect(registered).toBeGreaterThan(50);
  world.end("alice");
  expect(world.stateOf("alice")).toBe("exited");
});
