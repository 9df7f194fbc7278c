import type { Lid } from "@nomad/base";
import { expect, test } from "vitest";
import { parsePartitions } from "../http/index.ts";
import type { Message } from "../message.ts";
import { Central } from "./central.ts";
import type { JournalEntry } from "./effects.ts";
import { recover } from "./records.ts";

/** Central's core, whose journal is kept; each host has one incarnation. */
class Started {
  readonly journal: JournalEntry[];
  readonly #core: Central;
  #nextId = 1;

  constructor(journal: JournalEntry[], ...partitions: readonly string[]) {
    this.journal = journal;
    const configured = partitions.length > 0 ? { partitions: parsePartitions(partitions) } : {};
    this.#core = new Central({ generation: 1, version: "1", recovered: recover(journal), ...configured });
    this.#perform();
  }

  /** What central says to the host at once. */
  hear(name: string, message: Message): Message[] {
    this.#core.handle({ kind: "message", from: name, incarnation: "1", message }, 0);
    return this.#perform();
  }

  hello(name: string, lid?: number) {
    const said = { incarnation: "1", url: "", pid: 1, ...(lid !== undefined && { lid: lid as Lid }) };
    const answers = this.hear(name, { kind: "HELLO", id: this.#nextId++, name, ...said });
    return answers.find((message) => message.kind === "WELCOME");
  }

  port(name: string) {
    return this.#core.status().hosts.find((host) => host.name === name)?.port;
  }

  /** Starts a guest, which runs. */
  boot(guest: string, host: string): void {
    this.#core.boot({ name: guest, image: "pair", host, arguments: {} }, 0, () => {});
    const boot = this.#perform().find((message) => message.kind === "BOOT");
    if (boot?.kind !== "BOOT") throw new Error("a guest that starts is booted");
    this.hear(host, { kind: "BOOTED", re: boot.id, memoryBytes: 1, imageHash: "0".repeat(64) });
  }

  move(guest: string, to: string): void {
    this.#core.startMove({ guest, to, inject: null, token: "" }, 0);
  }

  #perform(): Message[] {
    const effects = this.#core.takeEffects();
    for (const effect of effects) if (effect.kind === "journal") this.journal.push(...effect.entries);
    return effects.flatMap((effect) => (effect.kind === "send" ? [effect.message] : []));
  }
}

const refused = { connections: 0, messages: 0, frames: 0, packets: 0 };

test("a host's port is in INIT when it comes, then what it says with its heartbeats", () => {
  const central = new Started([]);
  central.hello("host-a");
  expect(central.port("host-a")?.state).toBe("INIT");
  central.hear("host-a", { kind: "HEARTBEAT", refused, port: "ACTIVE" });
  central.hello("host-a");
  expect(central.port("host-a")?.state).toBe("ACTIVE");
});

test("a host is told its tables, and a central that is started again without partitions still knows them", () => {
  const first = new Started([], "blue=0x8001:host-a");
  expect(first.hello("host-a")?.port.pkeys).toEqual([0xffff, 0x8001]);
  const again = new Started(first.journal);
  expect(again.port("host-a")).toMatchObject({ state: "DOWN", pkeys: ["0xffff", "0x8001"] });
  const other = new Started(again.journal, "red=2:host-a");
  expect(other.hello("host-a")?.port.pkeys).toEqual([0xffff, 0x0002]);
});

test("a central that has forgotten its hosts leaves them their LIDs", () => {
  const central = new Started([]);
  expect([central.hello("host-b", 2)?.lid, central.hello("host-a", 1)?.lid, central.hello("host-c")?.lid]).toEqual([
    2, 1, 3,
  ]);
});

test("subnet administration answers a host, or says that there is no path", () => {
  const central = new Started([]);
  central.hello("host-a");
  central.hello("host-b");
  const found = central.hear("host-a", { kind: "QUERY_PATH", id: 100, query: { dlid: 2 } });
  expect(found.at(-1)).toMatchObject({ kind: "PATH", re: 100, path: { slid: 1, dlid: 2 } });
  const [none] = central.hear("host-a", { kind: "QUERY_PATH", id: 101, query: { dlid: 9 } });
  expect(none).toMatchObject({ kind: "FAILED", re: 101, code: "E_UNREACHABLE" });
});

test("a guest does not move to where its partition is not", () => {
  const central = new Started([], "default=0xffff:host-a,host-b");
  for (const host of ["host-a", "host-b", "host-c"]) central.hello(host);
  central.boot("alice", "host-a");
  expect(() => central.move("alice", "host-c")).toThrow(expect.objectContaining({ code: "E_CONFIG" }));
  central.move("alice", "host-b");
});
