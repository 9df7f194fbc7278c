import { VirtualClock } from "@nomad/base";
import type { Message, StandingFault } from "@nomad/protocol";
import { everything } from "@nomad/wire";
import { expect, test } from "vitest";
import { HostFaults } from "./host-faults.ts";

const rule: StandingFault["rule"] = { ...everything, kind: "cut", on: ["control"], timesMax: 9, opcodes: null };
const cut = (id: string, leftMs: number | null = null): StandingFault => ({ id, seed: 1, leftMs, rule });

/** host-a, with what it has answered and how often it has let go of its connection to central. */
class FakeHost {
  readonly clock = new VirtualClock();
  readonly answers: Message[] = [];
  reconnects = 0;
  readonly faults = new HostFaults({
    name: "host-a",
    clock: this.clock,
    answer: (message) => this.answers.push(message),
    isOf: () => false,
    bulk: async () => [],
    reconnect: (concerned) => {
      if (concerned("central")) this.reconnects++;
    },
  });

  set(version: number, ...faults: StandingFault[]): void {
    this.faults.handle({ kind: "FAULTS", id: version, generation: 1, version, faults });
  }

  get hears(): boolean {
    let heard = false;
    this.faults.arrive("control", "central", { kind: "NOTED", re: 1 }, () => {
      heard = true;
    });
    return heard;
  }
}

test("while a cut stands nothing is heard; when it ends the connection is made anew, once", () => {
  const host = new FakeHost();
  host.set(1, cut("one", 20));
  expect(host.hears).toBe(false);
  while (host.clock.step());
  // Central's clock is another one: its next list may still have it.
  host.set(2, cut("one", 0));
  while (host.clock.step());
  expect([host.hears, host.reconnects]).toEqual([true, 1]);
});

test("a list that comes late, sent again, changes nothing", () => {
  const host = new FakeHost();
  host.set(1);
  host.set(2, cut("one"));
  host.set(1);
  expect(host.hears).toBe(false);
});
