import { NomadError, Random } from "@nomad/base";
import { decodeMessage, encodeMessage, type Message } from "@nomad/protocol";
import { expect, test } from "vitest";
import { pairsOf } from "./programs/pairs.ts";
import { World } from "./world.ts";

const rogue = "host-d";

/**
 * Left out: what a host may say in its own name, whatever comes of it; and WELCOME, which a host's process reads from its
 * connection to central alone.
 */
const leftOut = new Set<Message["kind"]>(["HELLO", "PUBLISH", "CAPTURED", "WELCOME"]);

/** A lab that has moved a guest, and every message that was said in it. */
function recorded(seed: number): { world: World; corpus: Message[] } {
  const world = new World({ seed, hosts: 4, programs: pairsOf(["alice", "bob"]) });
  const corpus: Message[] = [];
  world.observers.add({ control: (_from, _to, message) => void corpus.push(message) });
  world.boot("alice", "alice", "host-a");
  world.boot("bob", "bob", "host-b");
  world.run(20);
  world.move("alice", "host-c");
  world.run(20);
  return { world, corpus: corpus.filter(({ kind }) => !leftOut.has(kind)) };
}

/** Another value of the same form: one that is seen elsewhere, or at a limit. */
function otherValue(random: Random, value: unknown): unknown {
  if (typeof value === "number") return random.pick([0, 1, 2, value + 1, 0x1000, 0x1001, 0xffff, 2 ** 31]);
  if (typeof value === "string") return random.pick(["host-a", "host-b", "host-c", rogue, "central", "1-1", "1-2", ""]);
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return random.chance(0.5) ? [] : [...value, ...value];
  return null;
}

/** The message with some of its values replaced, at any depth. */
function mutated(random: Random, value: unknown, key = ""): unknown {
  if (key !== "kind" && random.chance(0.15)) return otherValue(random, value);
  if (Array.isArray(value)) return value.map((item) => mutated(random, item));
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mutated(random, item, name)]));
}

/** As it would come over a socket; undefined when the schema refuses it there. */
function overSocket(message: Message): Message | undefined {
  try {
    return decodeMessage(encodeMessage(message));
  } catch (error) {
    if (error instanceof NomadError) return undefined;
    throw error;
  }
}

test.each([1, 2, 3, 4])(
  "a host that says anything to anybody harms no guest but its own, and nobody falls (seed %i)",
  (seed) => {
    const { world, corpus } = recorded(seed);
    const random = new Random(seed);
    let said = 0;
    for (let i = 0; i < 1500; i++) {
      const message = overSocket(mutated(random, random.pick(corpus)) as Message);
      if (!message) continue;
      said++;
      world.network.send(world.hostProcess(rogue), random.pick(["central", "host-a", "host-b", "host-c"]), message);
      if (i % 10 === 0) world.run(1);
    }
    expect(said).toBeGreaterThan(300);
    world.run(50);
    expect([world.stateOf("alice"), world.stateOf("bob")]).toEqual(["running", "running"]);
    expect(world.move("alice", "host-a")).toMatchObject({ outcome: "released" });
    world.run(20);
    world.end("alice", "bob");
    for (const guest of ["alice", "bob"]) expect(world.report(guest)).toMatchObject({ verified: true });
  },
);
