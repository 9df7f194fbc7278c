import type { MoveRecord } from "@nomad/protocol/http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";
import type { GuestPair } from "./kit/guest-pair.ts";

let lab: DockerLab;
let pair: GuestPair;

beforeAll(async () => {
  lab = await DockerLab.start({ hosts: 4 });
});
afterAll(() => lab?.[Symbol.asyncDispose]());
beforeEach(async () => {
  pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
});
afterEach(() => pair.clear());

/** So slowly (bytes a second) that a host can be killed while the first round goes over. */
const bandwidth = 4_000_000;

/** Alice moves from host-1 to host-3; while her memory is being copied a host is killed. It is up again at the end. */
async function moveAndKill(host: string, ways: { readonly bandwidth?: number } = {}): Promise<MoveRecord> {
  const { id } = await lab.client.move({ guest: "alice", to: "host-3", ...ways }, { wait: false });
  const move = () => lab.events.view.moves.get(id);
  await lab.events.until("alice's memory is being copied", () => move()?.phase === "prepared", 10_000);
  await lab.kill(host);
  await lab.events.until("the move has ended", () => (move()?.outcome ?? "") !== "", 30_000);
  await lab.hostIs(host, "lost", 10_000);
  await lab.startAgain(host);
  await lab.hostIs(host, "up", 20_000);
  return move() as MoveRecord;
}

test("the source is killed in a move: the guest is lost, no second copy of it runs, its peer is told", async () => {
  const move = await moveAndKill("host-1", { bandwidth });
  expect(move).toMatchObject({ outcome: "lost", error: { code: "E_HOST_LOST" } });
  expect(await pair.brokenStatus("bob")).toBe("IBV_WC_RETRY_EXC_ERR");
  expect(await pair.endOf("alice")).toBe("lost");
  expect((await lab.client.status()).hosts.map(({ guests }) => guests)).toEqual([0, 0, 0, 0]);
});

test("the destination is killed in a move: the move is undone, the guest goes on at its source", async () => {
  const move = await moveAndKill("host-3", { bandwidth });
  expect(move.outcome).toBe("aborted");
  await pair.untilTraffic();
  expect(lab.events.view.guests.get("alice")).toMatchObject({ state: "running", host: "host-1" });
  const again = await lab.client.move({ guest: "alice", to: "host-3" }, { wait: true });
  expect(again.outcome).toBe("released");
  expect((await pair.end()).map(({ verified }) => verified)).toEqual([true, true]);
});

test("a peer's host is killed in a move: the guest that moves lives, and its connection ends as hardware ends it", async () => {
  const move = await moveAndKill("host-2");
  expect(move.outcome).not.toBe("lost");
  expect(await pair.brokenStatus("alice")).toBe("IBV_WC_RETRY_EXC_ERR");
  expect([await pair.endOf("alice"), await pair.endOf("bob")]).toEqual(["failed", "lost"]);
});
