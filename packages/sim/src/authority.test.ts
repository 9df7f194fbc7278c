import type { Message, Request, Unnumbered } from "@nomad/protocol";
import { authority } from "@nomad/protocol";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { World } from "./world.ts";

/** A lab in which alice, at host-a, talks to bob, at host-b; host-d has nothing to do with them. */
class Lab {
  readonly world = new World({ seed: 1, hosts: 4, programs: pairsOf(["alice", "bob"]) });
  readonly #answers: Message[] = [];
  #id = 2 ** 31;

  constructor() {
    this.world.boot("alice", "alice", "host-a");
    this.world.boot("bob", "bob", "host-b");
    this.world.run(20);
    this.world.observers.add({
      control: (_from, to, message) => {
        if (to === "host-d") this.#answers.push(message);
      },
    });
  }

  get vlid() {
    return this.world.central.directory.guest("alice").vlid;
  }

  /** What host-d is answered. */
  ask(to: string, request: Unnumbered<Request>): Message {
    const { world } = this;
    const id = this.#id++;
    world.network.send(world.hostProcess("host-d"), to, { ...request, id } as Request);
    const answer = () => this.#answers.find((message) => "re" in message && message.re === id);
    world.until(`${request.kind} is answered`, () => answer() !== undefined);
    return answer() as Message;
  }

  /** The guests still talk, and nothing of what they said is lost. */
  isWell(): void {
    this.world.run(50);
    this.world.end("alice", "bob");
    for (const guest of ["alice", "bob"]) expect(this.world.report(guest)).toMatchObject({ verified: true });
  }
}

test("what is central's to say to a host, no host may say", () => {
  const lab = new Lab();
  const ofMove = { move: "1-1", vlid: lab.vlid, generation: 9 };
  const manner = { strict: false, force: false };
  const forged: Unnumbered<Request>[] = [
    { kind: "END", vlid: lab.vlid, force: true },
    { kind: "SUSPEND", ...ofMove, budgetMs: 100, strict: false },
    { kind: "SUSPEND_PEER", ...ofMove, budgetMs: 100, ...manner, token: "t", from: "host-a", to: "host-d" },
    { kind: "RELEASE", ...ofMove, to: "host-d" },
    { kind: "FENCE", ...ofMove, host: "host-a" },
    { kind: "ABORT", ...ofMove, role: "source", epoch: 7, peerHosts: [], token: "t" },
  ];
  for (const request of forged) {
    expect(authority[request.kind].host).toEqual(["central"]);
    for (const to of ["host-a", "host-b"])
      expect(lab.ask(to, request)).toMatchObject({ kind: "FAILED", code: "E_AUTH" });
  }
  lab.isWell();
});

test("a host cannot draw a guest's peers to itself: without a move that holds them nobody gives new names", () => {
  const lab = new Lab();
  const names = [...(lab.world.host("host-a").coordinator.backend.devices.get(lab.vlid)?.qps.values() ?? [])];
  const here = { dlid: lab.world.hostProcess("host-d").lid, host: "host-d" };
  const claim = {
    kind: "RESUME_PEER" as const,
    move: "1-1",
    vlid: lab.vlid,
    generation: 1,
    token: "t",
    epoch: 9,
    ...here,
  };
  const qps = names.map(({ vqpn, qpn }) => ({ vqpn, qpn, resume: null }));
  expect(qps.length).toBeGreaterThan(0);
  expect(lab.ask("host-b", { ...claim, names: qps })).toMatchObject({ kind: "FAILED", code: "E_AUTH" });
  expect(lab.ask("host-b", { ...claim, host: "host-c", names: [] })).toMatchObject({ kind: "FAILED", code: "E_AUTH" });
  lab.isWell();
});

test("a host that does not have a guest cannot say that it has ended, nor report for it", () => {
  const lab = new Lab();
  const ended = { kind: "GUEST_ENDED" as const, vlid: lab.vlid, epoch: 1, exitCode: 1, error: null };
  lab.ask("central", ended);
  lab.ask("central", { kind: "REPORT", vlid: lab.vlid, json: '{"guest":"alice","verified":true}' });
  expect(lab.world.stateOf("alice")).toBe("running");
  expect(lab.world.central.directory.guest("alice").report?.verified ?? false).toBe(false);
  lab.isWell();
});

test("a host that does not run a guest answers no look-up of its keys and of its queue pairs", () => {
  const lab = new Lab();
  const asked = { kind: "RESOLVE" as const, vlid: lab.vlid, vkey: 1 as never };
  expect(lab.ask("host-c", asked)).toMatchObject({ kind: "FAILED", code: "E_NO_GUEST" });
  const connect = { kind: "CONNECT" as const, vlid: lab.vlid, vqpn: 1 as never, from: 0x1fff as never };
  expect(lab.ask("host-c", connect)).toMatchObject({ kind: "FAILED", code: "E_NO_GUEST" });
});
