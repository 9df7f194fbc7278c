import { afterAll, beforeAll, expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";
import type { GuestPair } from "./kit/guest-pair.ts";

let lab: DockerLab;
let pair: GuestPair;

beforeAll(async () => {
  lab = await DockerLab.start({ hosts: 2 });
  pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
});
afterAll(() => lab?.[Symbol.asyncDispose]());

test("a host that stands still for less than a peer's retries last is missed by nobody", async () => {
  await lab.pause("host-1");
  await lab.unpause("host-1");
  await pair.untilTraffic();
  expect(lab.events.view.hosts.get("host-1")?.state).toBe("up");
});

test("a host that stands still until it is declared lost hears so when it goes on, and begins anew", async () => {
  const before = await (await lab.container("host-1")).inspect();
  await lab.pause("host-1");
  expect(await pair.brokenStatus("bob")).toBe("IBV_WC_RETRY_EXC_ERR");
  await lab.hostIs("host-1", "lost", 10_000);
  expect(await pair.endOf("alice")).toBe("lost");
  await lab.unpause("host-1");
  await lab.hostIs("host-1", "up", 30_000);
  const after = await (await lab.container("host-1")).inspect();
  expect(after.State.StartedAt).not.toBe(before.State.StartedAt);
  expect((await lab.client.status()).hosts.map(({ guests }) => guests)).toEqual([0, 0]);
});
