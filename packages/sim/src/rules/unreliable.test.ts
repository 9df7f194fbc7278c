import { QPT_UC, QPT_UD } from "@nomad/abi";
import { everything } from "@nomad/wire";
import { expect, test } from "vitest";
import type { Program } from "../guest.ts";
import { World } from "../world.ts";
import { type Unreliable, unreliable } from "./testing/unreliable.ts";

// Unreliable transports: UC, UD and multicast.

/** Alice sends to bob, who is on host-b; what he gets, and when each message was sent. */
class Listening {
  readonly world: World;
  readonly received: { readonly number: number; readonly whole: boolean; readonly at: string }[] = [];
  readonly sentAtMs: number[] = [];

  constructor({ peer = "bob", type, bytes }: Partial<Unreliable> & Pick<Unreliable, "type" | "bytes">) {
    const programs: Record<string, Program> = {
      alice: unreliable({ own: "alice", peer, type, bytes, sends: true, onSent: () => this.#sent() }),
      bob: unreliable({ ...this.#receiver("bob"), peer: this.#peerOfBob(type, peer), type, bytes }),
      carol: unreliable({ ...this.#receiver("carol"), peer: null, type: QPT_UD, bytes }),
    };
    this.world = new World({ seed: 1, hosts: 4, programs, names: "clash" });
    for (const [name, host] of Object.entries({ alice: "host-a", bob: "host-b", carol: "host-c" }))
      this.world.boot(name, name, host);
    this.world.run(20);
    expect(this.received.length).toBeGreaterThan(10);
  }

  #peerOfBob(type: number, peer: Unreliable["peer"]): Unreliable["peer"] {
    if (peer === "group") return "group";
    return type === QPT_UC ? "alice" : null;
  }

  #sent(): void {
    this.sentAtMs.push(this.world.clock.now());
  }

  #receiver(own: string) {
    const onReceived = (number: number, whole: boolean) => void this.received.push({ number, whole, at: own });
    return { own, sends: false, onReceived };
  }

  get numbers(): number[] {
    return this.received.map(({ number }) => number);
  }

  /** Moves bob; when he was closed and when he was open again, ms. */
  move(to: string): { readonly closedAtMs: number; readonly openAtMs: number } {
    const { world } = this;
    const move = world.startMove("bob", to);
    const { vlid } = world.central.directory.guest("bob");
    const from = world.host(world.central.directory.guest("bob").host);
    world.until("his adapter has let go", () => from.coordinator.backend.devices.get(vlid)?.detached === true);
    const closedAtMs = world.clock.now();
    world.until("it is decided", () => "COMMITTED" in move.phases);
    const openAtMs = world.clock.now();
    world.ended(move.id);
    expect(move.outcome).toBe("released");
    return { closedAtMs, openAtMs };
  }

  /** Nothing has come twice, out of order, in parts, or to somebody else. */
  verify(): void {
    expect(this.numbers).toEqual([...new Set(this.numbers)].sort((a, b) => a - b));
    expect(this.received.filter(({ whole, at }) => !whole || at !== "bob")).toEqual([]);
  }
}

const datagrams: readonly ["bob" | "group"][] = [["bob"], ["group"]];

test.each(datagrams)(
  "rule 19: datagrams to %s are lost from DETACH to RUN, and are taken at one place only",
  (peer) => {
    const lab = new Listening({ type: QPT_UD, bytes: 64, peer });
    const { world } = lab;
    for (const to of ["host-c", "host-d", "host-b"]) {
      const { closedAtMs, openAtMs } = lab.move(to);
      world.run(20);
      const last = lab.numbers.at(-1) ?? 0;
      expect(lab.sentAtMs[last]).toBeGreaterThan(openAtMs);
      const latencyMs = 0.1;
      const meanwhile = lab.sentAtMs.flatMap((at, n) => (at > closedAtMs && at < openAtMs - latencyMs ? [n] : []));
      expect(meanwhile.length).toBeGreaterThan(0);
      expect(lab.numbers.filter((n) => meanwhile.includes(n))).toEqual([]);
    }
    lab.verify();
  },
);

test("rule 19: datagrams that come late at a number of before reach nobody, though new queue pairs are made there", () => {
  const lab = new Listening({ type: QPT_UD, bytes: 64 });
  const { world } = lab;
  world.rules.add({ ...everything, kind: "duplicate", on: ["wire"], chance: 1, ms: 40 });
  world.run(5);
  const { vlid } = world.central.directory.guest("bob");
  const numbers = () =>
    [...(world.host("host-b").coordinator.backend.devices.get(vlid)?.qps.values() ?? [])].map(({ qpn }) => qpn);
  const before = numbers();
  lab.move("host-d");
  expect(world.move("carol", "host-b")).toMatchObject({ outcome: "released" });
  const { devices } = world.host("host-b").coordinator.backend;
  const taken = [...devices.values()].flatMap(({ qps }) => [...qps.values()].map(({ qpn }) => qpn));
  expect(taken.filter((qpn) => before.includes(qpn))).toEqual([]);
  world.run(60);
  expect(lab.received.filter(({ at }) => at === "carol")).toEqual([]);
});

test("rule 19: a UC queue pair halts between messages: none comes in parts, and none that was sent is lost", () => {
  const lab = new Listening({ type: QPT_UC, bytes: 4096 });
  for (const to of ["host-c", "host-d"]) {
    lab.move(to);
    lab.world.run(20);
  }
  for (const to of ["host-b", "host-c"]) expect(lab.world.move("alice", to)).toMatchObject({ outcome: "released" });
  lab.world.run(20);
  lab.verify();
  const last = lab.numbers.at(-1) ?? 0;
  expect(lab.numbers).toHaveLength(last + 1);
});
