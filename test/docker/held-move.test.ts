import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";
import type { GuestPair } from "./kit/guest-pair.ts";

let lab: DockerLab;
let pair: GuestPair;

beforeAll(async () => {
  lab = await DockerLab.start({ hosts: 3 });
});
afterAll(() => lab?.[Symbol.asyncDispose]());
beforeEach(async () => {
  pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
});
afterEach(() => pair.clear());

/** Alice moves from host-1 to host-3, and stays in a phase because the message that ends it is lost; the move's id. */
async function hold(phase: string, message: string): Promise<string> {
  await lab.client.addFault({ kind: "drop", message, to: "central", on: ["control"] });
  const { id } = await lab.client.move({ guest: "alice", to: "host-3" }, { wait: false });
  await lab.events.until(`the move is in ${phase}`, () => lab.events.view.moves.get(id)?.phase === phase, 20_000);
  return id;
}

async function outcomeOf(id: string): Promise<string> {
  const outcome = () => lab.events.view.moves.get(id)?.outcome ?? "";
  await lab.events.until(`move ${id} has ended`, () => outcome() !== "", 30_000);
  return outcome();
}

test("central is killed in the drain: both ends stay held until it is back, and then talk on where they were", async () => {
  const id = await hold("suspended", "PEER_SUSPENDED");
  await lab.kill("central-1");
  await lab.startCentralAgain();
  expect(await outcomeOf(id)).toBe("aborted");
  await pair.untilTraffic();
  expect(lab.events.view.guests.get("alice")).toMatchObject({ state: "running", host: "host-1" });
  expect((await lab.client.move({ guest: "alice", to: "host-3" }, { wait: true })).outcome).toBe("released");
  expect((await pair.end()).map(({ verified }) => verified)).toEqual([true, true]);
});

test("a destination stands still past its declared death with a whole copy of the guest: it never runs that copy", async () => {
  const id = await hold("stopped", "BOUND");
  const before = await (await lab.container("host-3")).inspect();
  await lab.pause("host-3");
  expect(await outcomeOf(id)).toBe("aborted");
  expect(lab.events.view.hosts.get("host-3")?.state).toBe("lost");
  await pair.untilTraffic();
  await lab.unpause("host-3");
  await lab.hostIs("host-3", "up", 30_000);
  const after = await (await lab.container("host-3")).inspect();
  expect(after.State.StartedAt).not.toBe(before.State.StartedAt);
  expect((await lab.client.status()).hosts.map(({ name, guests }) => `${name} ${guests}`).sort()).toEqual([
    "host-1 1",
    "host-2 1",
    "host-3 0",
  ]);
  await lab.client.liftFault("all");
  expect((await pair.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
