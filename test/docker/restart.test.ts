import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("a host that is restarted keeps its name and its LID, owns no guests, and takes part again", async () => {
  await using lab = await DockerLab.start({ hosts: 2 });
  const hostOne = async () => (await lab.client.status()).hosts.find(({ name }) => name === "host-1");
  const before = await hostOne();
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  await (await lab.container("host-1")).restart({ t: 5 });
  expect(await pair.endOf("alice")).toBe("lost");
  await lab.hostIs("host-1", "up", 20_000);
  expect(await hostOne()).toMatchObject({ name: "host-1", lid: before?.lid, guests: 0 });
  expect(await pair.brokenStatus("bob")).toBe("IBV_WC_RETRY_EXC_ERR");
  await pair.endOf("bob");
  const again = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  expect((await again.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
