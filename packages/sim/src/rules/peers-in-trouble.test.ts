import { WC_RETRY_EXC_ERR } from "@nomad/abi";
import type { Message } from "@nomad/protocol";
import { everything } from "@nomad/wire";
import { expect, test } from "vitest";
import { RuleLab } from "./testing/lab.ts";

// Peers in trouble.

test("rule 17: a peer that is held asks how the move went, again and again, and goes on by no timer", () => {
  const lab = new RuleLab();
  const { world, traffic } = lab;
  lab.moveUntil("alice", "host-c", "stopped");
  world.killCentral();
  world.run(10);
  const before = traffic.messages.total;
  world.run(1000);
  expect(traffic.messages.total).toBe(before);
  const asked = lab.sentOf("INQUIRE").filter(({ from }) => from === "host-b");
  expect(new Set(asked.map(({ to }) => to))).toEqual(new Set(["host-a", "host-c"]));
  expect(asked.length).toBeGreaterThan(10);
  world.restartCentral();
  lab.settle();
  expect(traffic.messages.total).toBeGreaterThan(before);
  lab.verify();
});

test("rule 17: a host without the move's token does not resume its peers", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const { vlid } = world.central.directory.guest("alice");
  const move = lab.moveUntil("alice", "host-c", "peers-suspended");
  const claim = {
    move: move.id,
    vlid,
    generation: 1,
    token: "guessed",
    epoch: 9,
    dlid: world.hostProcess("host-d").lid,
  };
  const message: Message = { kind: "RESUME_PEER", id: 9999, ...claim, host: "host-d", names: [] };
  world.host("host-b").handle({ kind: "message", from: "host-d", incarnation: "host-d-1", message });
  const [answer] = lab.sentOf("FAILED").filter(({ message: { re } }) => re === 9999);
  expect(answer).toMatchObject({ to: "host-d", message: { code: "E_AUTH" } });
  lab.settle();
  expect(move.outcome).toBe("released");
  lab.verify();
});

test("rule 18: a peer's host that lives and does not answer within the budget ends the move where it began", () => {
  const passes = (_from: string, _to: string, { kind }: Message) => kind !== "PEER_SUSPENDED";
  const lab = new RuleLab({ passes });
  const move = lab.world.move("alice", "host-c");
  expect(move).toMatchObject({ outcome: "aborted", error: { code: "E_TIMEOUT" } });
  expect(Object.keys(move.phases)).not.toContain("peers-suspended");
  lab.verify();
});

test("rule 18: a peer's host that dies holds the move up until it is declared dead, and not longer", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const move = lab.moveUntil("alice", "host-c", "suspended");
  world.kill("host-b");
  world.until("the move ends", () => move.outcome !== "");
  expect(move).toMatchObject({ outcome: "released", to: "host-c" });
  world.until("alice has ended", () => world.stateOf("alice") !== "running");
  expect(world.report("alice").connections[0]).toMatchObject({ status: String(WC_RETRY_EXC_ERR) });
});

/** The guest's machine stops dead; its host lives. */
function crash(lab: RuleLab, guest: string): void {
  const { host, vlid } = lab.world.central.directory.guest(guest);
  lab.world.hostProcess(host).machines.guest(vlid).stop();
  lab.world.host(host).handle({ kind: "guest-exit", vlid, exitCode: 1, error: null });
}

test("rule 18: a crashed guest is gone: its host has nothing to suspend or to report, and the move goes on", () => {
  const lab = new RuleLab({ guests: { alice: "host-a", bob: "host-b", carol: "host-d" } });
  const { world, traffic } = lab;
  const move = lab.moveUntil("alice", "host-c", "suspended");
  const bob = world.central.directory.guest("bob");
  const failed: unknown[] = [];
  traffic.onFailed = (...how) => void (how[0] === "alice" && failed.push(how));
  crash(lab, "bob");
  world.until("the move ends", () => move.outcome !== "");
  expect(move).toMatchObject({ outcome: "released", to: "host-c" });
  const answers = new Map(lab.sentOf("PEER_SUSPENDED").map(({ from, message }) => [from, message]));
  expect(answers.get("host-b")).toMatchObject({ cuts: [], held: 0 });
  expect(answers.get("host-d")?.held).toBeGreaterThan(0);
  expect(bob.state).toBe("failed");
  const before = traffic.messages.deliveredBetween("alice", "carol");
  world.run(10);
  expect(traffic.messages.deliveredBetween("alice", "carol")).toBeGreaterThan(before);
  world.until("alice has noticed", () => failed.length > 0);
  expect(failed).toEqual([["alice", "bob", WC_RETRY_EXC_ERR]]);
});

test("rule 18: a guest that crashes while its side is drained holds nobody up any longer", () => {
  const lab = new RuleLab();
  const { world } = lab;
  const move = lab.moveUntil("alice", "host-c", "suspended");
  world.rules.add({ ...everything, kind: "drop", on: ["wire"] });
  world.until("bob's side is asked", () => world.host("host-b").coordinator.underWay.peer === 1);
  expect(lab.sentOf("PEER_SUSPENDED")).toEqual([]);
  crash(lab, "bob");
  expect(lab.sentOf("PEER_SUSPENDED")).toHaveLength(1);
  world.until("the move ends", () => move.outcome !== "");
  expect(move.outcome).toBe("released");
});

test("rule 18: once it is decided, a peer's host that hangs delays its own connections only", () => {
  const lab = new RuleLab({ guests: { alice: "host-a", bob: "host-b", carol: "host-d" } });
  const { world, traffic } = lab;
  lab.moveUntil("alice", "host-c", "COMMITTED");
  const { process } = world.hostProcess("host-b");
  process.pause();
  world.run(5);
  const before = traffic.messages.deliveredBetween("alice", "carol");
  world.run(20);
  expect(traffic.messages.deliveredBetween("alice", "carol")).toBeGreaterThan(before);
  process.resume();
  lab.settle();
  lab.verify();
});
