import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("a killed host's guests are lost, their peers get what hardware gives, and the host comes back empty", async () => {
  await using lab = await DockerLab.start({ hosts: 3 });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  const others = await lab.startPair({ name: "carol", host: "host-2" }, { name: "dave", host: "host-3" });
  await lab.kill("host-1");
  expect(await pair.brokenStatus("bob")).toBe("IBV_WC_RETRY_EXC_ERR");
  expect([await pair.endOf("alice"), await pair.endOf("bob")]).toEqual(["lost", "failed"]);
  await lab.hostIs("host-1", "lost", 10_000);
  await others.untilTraffic();

  const pidOf = async () => (await lab.client.status()).hosts.find(({ name }) => name === "host-1");
  await lab.startAgain("host-1");
  await lab.hostIs("host-1", "up", 20_000);
  expect(await pidOf()).toMatchObject({ state: "up", guests: 0 });
  const moved = await lab.client.move({ guest: "dave", to: "host-1" }, { wait: true });
  expect(moved.outcome).toBe("released");
  await others.untilTraffic();
  expect((await others.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
