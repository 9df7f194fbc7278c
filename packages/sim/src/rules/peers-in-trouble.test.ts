import { WC_RETRY_EXC_ERR } from "@nomad/abi";
import type { Message } from "@nomad/protocol";
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
