import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("a host cut off from the fabric stays up, its connections break on both sides, and new ones work after", async () => {
  await using lab = await DockerLab.start({ hosts: 3 });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  const others = await lab.startPair({ name: "carol", host: "host-2" }, { name: "dave", host: "host-3" });
  await lab.disconnect("host-1", "fabric");
  const statuses = await Promise.all(pair.names.map((name) => pair.brokenStatus(name)));
  expect(statuses).toEqual(["IBV_WC_RETRY_EXC_ERR", "IBV_WC_RETRY_EXC_ERR"]);
  expect([await pair.endOf("alice"), await pair.endOf("bob")]).toEqual(["failed", "failed"]);
  expect(lab.events.view.hosts.get("host-1")?.state).toBe("up");

  const refused = await lab.client.move({ guest: "dave", to: "host-1" }, { wait: true });
  expect(refused.outcome).toBe("aborted");
  await others.untilTraffic();

  await lab.connect("host-1", "fabric");
  const again = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  expect((await lab.client.move({ guest: "dave", to: "host-1" }, { wait: true })).outcome).toBe("released");
  expect((await again.end()).map(({ verified }) => verified)).toEqual([true, true]);
  expect((await others.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
