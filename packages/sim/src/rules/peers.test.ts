import type { Message } from "@nomad/protocol";
import { everything } from "@nomad/wire";
import { expect, test } from "vitest";
import { RuleLab } from "./testing/lab.ts";

// Who is a peer.

test("rule 5: who connects to a guest that is suspended waits, and finds it where it went", () => {
  let asked = false;
  // She stays suspended until bob has asked.
  const lab = new RuleLab({ talk: false, passes: (_from, _to, { kind }) => asked || kind !== "STOP" });
  const { world } = lab;
  world.observers.add({
    receives: (at, message) => {
      if (message.kind !== "CONNECT") return;
      asked ||= at.core.coordinator.backend.devices.get(message.vlid)?.suspended === true;
    },
  });
  world.boot("alice", "alice", "host-a");
  world.run(5);
  lab.moveUntil("alice", "host-c", "suspended");
  world.boot("bob", "bob", "host-b");
  world.until("bob has asked", () => asked);
  lab.settle();
  expect(world.central.directory.guest("alice").host).toBe("host-c");
  lab.verify();
});

test("rule 7: guests of one host, and two that move at once, take the same path", () => {
  const lab = new RuleLab({ guests: { alice: "host-a", bob: "host-a", carol: "host-b" } });
  const { world } = lab;
  const hosts = () => ["alice", "bob", "carol"].map((name) => world.central.directory.guest(name).host);
  expect(world.move("alice", "host-b")).toMatchObject({ outcome: "released" });
  expect(world.move("bob", "host-b")).toMatchObject({ outcome: "released" });
  expect(hosts()).toEqual(["host-b", "host-b", "host-b"]);
  world.run(10);
  const away = [world.startMove("alice", "host-c"), world.startMove("bob", "host-d")];
  lab.settle();
  expect(away.map(({ outcome }) => outcome)).toEqual(["released", "released"]);
  for (const name of ["alice", "bob", "carol"]) {
    const { host } = world.central.directory.guest(name);
    for (const qpn of lab.qpnsOf(name)) expect(world.host(host).hca.queryQp(qpn).sqDraining).toBe(false);
  }
  lab.verify();
});

test("rule 7: a guest that has moved is a peer where it runs, not where its source still has a copy of it", () => {
  let kept = true;
  const passes = (_from: string, _to: string, { kind }: Message) => kind !== "RELEASE" || !kept;
  const lab = new RuleLab({ guests: { alice: "host-a", bob: "host-b", carol: "host-a" }, passes });
  const { world } = lab;
  lab.moveUntil("alice", "host-c", "peers-resumed");
  world.run(5);
  const move = world.startMove("bob", "host-d");
  world.until("bob runs", () => "peers-resumed" in move.phases);
  world.run(20);
  kept = false;
  lab.settle();
  expect(move.outcome).toBe("released");
  lab.verify();
});

test("rule 2: a move's record says of each peer's host when it was asked to suspend and when it had, as it happens", () => {
  const lab = new RuleLab({ guests: { alice: "host-a", bob: "host-b", carol: "host-d" } });
  const { world } = lab;
  world.rules.add({ ...everything, kind: "delay", on: ["control"], from: "host-d", ms: 30 });
  const move = lab.moveUntil("alice", "host-c", "suspended");
  const askedMs = world.clock.now() - move.startedAt;
  const peer = (host: string) => move.peers.find((one) => one.host === host);
  expect(move.peers.map(({ host }) => host).sort()).toEqual(["host-b", "host-d"]);
  world.until("host-b has suspended", () => peer("host-b")?.suspendedMs !== null);
  expect(peer("host-b")?.suspendedMs).toBe(world.clock.now() - move.startedAt);
  expect(peer("host-d")).toEqual({ host: "host-d", askedMs, suspendedMs: null, held: 0, cut: 0 });
  world.until("the move ends", () => move.outcome !== "");
  const { planned = 0, prepared = 0, precopy = 0, suspended = 0 } = move.phases;
  const untilSuspended = planned + prepared + precopy + suspended + (move.phases["peers-suspended"] ?? 0);
  expect(peer("host-d")?.suspendedMs).toBeCloseTo(untilSuspended);
  expect(peer("host-d")?.held).toBeGreaterThan(0);
});
