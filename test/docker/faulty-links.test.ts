import { afterAll, beforeAll, expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";
import type { GuestPair } from "./kit/guest-pair.ts";

let lab: DockerLab;
let pair: GuestPair;

beforeAll(async () => {
  lab = await DockerLab.start({ hosts: 3 });
  pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const moveAlice = (to: string) => lab.client.move({ guest: "alice", to }, { wait: true });
const allRun = () => [...lab.events.view.guests.values()].every(({ state }) => state === "running");

test("a link that loses and delays packets slows guests down and loses nothing of theirs, moves included", async () => {
  const link = { from: "host-1", to: "host-2", bothWays: true };
  await lab.client.addFault({ kind: "drop", ...link, chance: 0.02 });
  await lab.client.addFault({ kind: "delay", ...link, ms: 20 });
  await pair.untilTraffic();
  expect((await moveAlice("host-3")).outcome).toBe("released");
  expect((await moveAlice("host-1")).outcome).toBe("released");
  await pair.untilTraffic();
  const faults = await lab.client.liftFault("all");
  expect(faults.map(({ kind, hits }) => [kind, hits > 0])).toEqual([
    ["drop", true],
    ["delay", true],
  ]);
});

test("a host that central cannot tell anything is not lost: a move to it is undone, which ends when it can be told", async () => {
  await lab.client.addFault({ kind: "cut", from: "central", to: "host-3", on: ["control"] });
  const { id } = await lab.client.move({ guest: "alice", to: "host-3" }, { wait: false });
  const move = () => lab.events.view.moves.get(id);
  await lab.events.until("the move is undone", () => move()?.phase === "aborting", 20_000);
  await pair.untilTraffic();
  expect(lab.events.view.hosts.get("host-3")?.state).toBe("up");
  await lab.client.liftFault("all");
  await lab.events.until("all are told", () => move()?.outcome === "aborted", 20_000);
  expect(move()?.error?.code).toBe("E_TIMEOUT");
  expect((await moveAlice("host-3")).outcome).toBe("released");
});

test("a host that cannot tell central anything is lost, although it hears central and its guests talk", async () => {
  // Events come on a connection of their own: the answer to the move may have been quicker.
  await lab.events.until("the guests run", allRun, 10_000);
  await lab.client.addFault({ kind: "cut", from: "host-3", to: "central", on: ["control"] });
  await lab.hostIs("host-3", "lost", 10_000);
  expect(await pair.endOf("alice")).toBe("lost");
  expect(await pair.brokenStatus("bob")).toBe("IBV_WC_RETRY_EXC_ERR");
  await lab.client.liftFault("all");
  await lab.hostIs("host-3", "up", 30_000);
  expect((await lab.client.status()).hosts.find(({ name }) => name === "host-3")?.guests).toBe(0);
});
