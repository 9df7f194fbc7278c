import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("a host cut off from central is declared lost with its guests, and begins anew when it comes back", async () => {
  await using lab = await DockerLab.start({ hosts: 3 });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  await lab.disconnect("host-1", "control");
  await lab.hostIs("host-1", "lost", 10_000);
  expect(await pair.brokenStatus("bob")).toBe("IBV_WC_RETRY_EXC_ERR");
  expect([await pair.endOf("alice"), await pair.endOf("bob")]).toEqual(["lost", "failed"]);

  await lab.connect("host-1", "control");
  await lab.hostIs("host-1", "up", 30_000);
  const again = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  const moved = await lab.client.move({ guest: "alice", to: "host-3" }, { wait: true });
  expect(moved.outcome).toBe("released");
  expect((await again.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
