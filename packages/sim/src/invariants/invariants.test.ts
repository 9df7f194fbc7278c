import type { LKey, Qpn, VLid } from "@nomad/base";
import { describe, expect, test } from "vitest";
import { pairsOf } from "../programs/pairs.ts";
import type { Invariant } from "../violation.ts";
import { Violation } from "../violation.ts";
import { World } from "../world.ts";
import { Aborts } from "./aborts.ts";
import { Completions } from "./completions.ts";
import { Decisions } from "./decisions.ts";
import { Effects } from "./effects.ts";
import { Guards } from "./guards.ts";
import { Handles } from "./handles.ts";
import { Losses } from "./losses.ts";
import { Messages } from "./messages.ts";
import { OldNames } from "./old-names.ts";
import { OnePlace } from "./one-place.ts";

/** What `violate` does breaks this invariant. */
function breaks(invariant: Invariant, violate: () => void): void {
  let caught: unknown = null;
  try {
    violate();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(Violation);
  expect(caught).toMatchObject({ invariant });
}

/** Alice on host-a and bob on host-b, who talk; the checkers watch. */
function watched() {
  const world = new World({ seed: 1, hosts: 3, programs: pairsOf(["alice", "bob"]) });
  const places = new OnePlace(() => world.hosts);
  const oldNames = new OldNames();
  for (const observer of [places, oldNames, new Handles(), new Decisions(world.disk)]) world.observers.add(observer);
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  const { vlid } = world.central.directory.guest("alice");
  return { world, places, oldNames, vlid };
}

/** Moves alice to host-c up to this phase. */
function movedUntil(world: World, phase: string): void {
  const move = world.startMove("alice", "host-c");
  world.until(`the move is ${phase}`, () => phase in move.phases);
}

const memoryAt = (world: World, host: string, vlid: VLid) => world.hostProcess(host).machines.guest(vlid).memory.bytes;

describe("1: messages", () => {
  const two = () => {
    const messages = new Messages();
    messages.posted("alice", "bob", 0, 10);
    messages.posted("alice", "bob", 1, 20);
    return messages;
  };

  test("in order and intact they are well", () => {
    const messages = two();
    messages.delivered("alice", "bob", 0, 10, true);
    messages.delivered("alice", "bob", 1, 20, true);
    messages.ended("alice", "bob", 2);
    expect(messages.total).toBe(2);
  });

  test("one that is doubled, skipped, damaged, cut short or lost is noticed", () => {
    const messages = two();
    messages.delivered("alice", "bob", 0, 10, true);
    breaks(1, () => messages.delivered("alice", "bob", 0, 10, true));
    breaks(1, () => two().delivered("alice", "bob", 1, 20, true));
    breaks(1, () => two().delivered("alice", "bob", 0, 10, false));
    breaks(1, () => two().delivered("alice", "bob", 0, 9, true));
    breaks(1, () => messages.ended("alice", "bob", 2));
  });
});

test("2: a write that is not there or comes again, an atomic that counts twice or not, a read without data", () => {
  const effects = new Effects();
  effects.added("alice", "bob", 0n);
  breaks(2, () => effects.added("alice", "bob", 2n));
  breaks(2, () => effects.written("alice", "bob", 1, false));
  breaks(2, () => effects.kept("alice", "bob", 1, false));
  breaks(2, () => effects.read("alice", "bob", false));
  effects.counted("alice", "bob", 1n);
  effects.checkTotals();
  effects.counted("alice", "bob", 2n);
  breaks(2, () => effects.checkTotals());
});

test("3: a completion of nothing, out of order, or of another operation", () => {
  const completions = new Completions();
  breaks(3, () => completions.completed("a", { id: 0n, opcode: 1, ok: true }));
  for (const id of [0n, 1n, 2n]) completions.posted("a", id, 1);
  completions.completed("a", { id: 0n, opcode: 1, ok: true });
  breaks(3, () => completions.completed("a", { id: 2n, opcode: 1, ok: true }));
  breaks(3, () => completions.completed("a", { id: 2n, opcode: 7, ok: true }));
});

describe("4: one place", () => {
  test("a guest that is run at a second host", () => {
    const { world, vlid } = watched();
    breaks(4, () => world.observers.vmm(world.hostProcess("host-c"), vlid, { do: "run" }));
  });

  test("a guest that takes a step where it is not", () => {
    const { world, vlid } = watched();
    breaks(4, () => world.observers.step(world.hostProcess("host-b"), vlid));
  });

  test("a guest that goes back to its source although a peer has seen it at its destination", () => {
    const { world, vlid } = watched();
    movedUntil(world, "peers-resumed");
    world.kill("host-c");
    breaks(4, () => world.observers.vmm(world.hostProcess("host-a"), vlid, { do: "resume" }));
  });

  test("memory that changes between stop and resume", () => {
    const { world, vlid } = watched();
    movedUntil(world, "bound");
    const memory = memoryAt(world, "host-c", vlid);
    memory[memory.length - 1] = 77;
    breaks(4, () => world.run(20));
  });
});

test("5: a queue pair of another number in a completion, and a handle that is gone after a move", () => {
  breaks(5, () => new Completions().named("a", 3, 4));
  const { world, vlid } = watched();
  movedUntil(world, "bound");
  world.host("host-c").coordinator.backend.device(vlid).regions.clear();
  breaks(5, () => world.run(20));
});

describe("6: old names", () => {
  test("memory that is written at a place that the guest has left", () => {
    const { world, vlid } = watched();
    movedUntil(world, "running");
    const memory = memoryAt(world, "host-a", vlid);
    memory[memory.length - 1] = 77;
    breaks(6, () => world.run(20));
  });

  test("a key that is still good where the guest was", () => {
    const { world, vlid, oldNames } = watched();
    const { backend } = world.host("host-a").coordinator;
    const { memory, pds } = backend.device(vlid);
    const pd = backend.hca.allocPd();
    const { lkey } = backend.hca.registerMemory({
      pd,
      memory,
      address: memory.bytes.length - 64,
      length: 64,
      access: 0,
    });
    const [region] = backend.device(vlid).regions.values();
    expect(pds.size).toBe(1);
    // The guest's table names a key that its release will not free.
    const forged = { ...(region as NonNullable<typeof region>), lkey: lkey as LKey };
    movedUntil(world, "peers-suspended");
    world.until("it is stopped", () => backend.device(vlid).detached);
    backend.device(vlid).regions.set(forged.vkey, forged);
    oldNames.bulk(world.hostProcess("host-a"), "", {
      do: "round",
      round: 9,
      final: true,
      inject: null,
      bytesPerSecondMax: null,
    });
    backend.device(vlid).regions.set(forged.vkey, region as NonNullable<typeof region>);
    breaks(6, () => world.run(20));
  });
});

test("7: bytes beside a region that change, and a trespasser that is let in", () => {
  breaks(7, () => new Guards().checked("alice", false));
  breaks(7, () => new Guards().trespassed("mallory", "alice", false));
});

describe("8: aborts", () => {
  test("a move that is aborted although nothing disturbs it", () => {
    const { world } = watched();
    const move = world.move("alice", "host-c", "flip-page");
    new Aborts(world).ended(move, true);
    breaks(8, () => new Aborts(world).ended(move, false));
  });

  test("a guest that is not where it was", () => {
    const { world } = watched();
    const move = world.move("alice", "host-c", "flip-page");
    world.host("host-a").coordinator.guests.running.clear();
    breaks(8, () => new Aborts(world).ended(move, true));
  });

  test("a guest that has lost a queue pair", () => {
    const { world, vlid } = watched();
    world.startMove("alice", "host-c", "flip-page");
    world.until("it is stopped", () => world.host("host-a").coordinator.backend.device(vlid).detached);
    const { qps } = world.host("host-a").coordinator.backend.device(vlid);
    const [qp] = qps.values();
    world.until("its state has been taken", () => world.hostProcess("host-c").machines.has(vlid));
    qps.clear();
    expect(qp?.qpn satisfies Qpn | undefined).toBeGreaterThan(0);
    breaks(8, () => world.run(50));
  });
});

test("9: a decision that is told before it is on disk", () => {
  const { world } = watched();
  const told = { kind: "RUN", id: 1, move: "1-7", vlid: 1 as VLid, generation: 1, epoch: 2, peerHosts: [], token: "" };
  breaks(9, () => world.observers.central({ kind: "send", to: "host-a", message: told as never }));
});

describe("10: losses", () => {
  test("a guest of a dead host that is not reported lost, and one that is although its host lives", () => {
    const { world, places } = watched();
    const losses = new Losses(world, places);
    losses.reported("alice");
    world.kill("host-a");
    breaks(10, () => losses.reported("alice"));
    world.central.directory.guest("bob").state = "lost";
    breaks(10, () => losses.reported("bob"));
  });

  test("a connection that fails although the peer lives, or not as hardware fails it", () => {
    const { world, places } = watched();
    const losses = new Losses(world, places);
    breaks(10, () => losses.connectionFailed("bob", "alice", 12));
    world.kill("host-a");
    losses.connectionFailed("bob", "alice", 12);
    breaks(10, () => losses.connectionFailed("bob", "alice", 5));
  });
});
