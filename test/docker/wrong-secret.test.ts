import { GenericContainer, getContainerRuntimeClient, Wait } from "testcontainers";
import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("a host with another secret is refused, says so, and the lab goes on", async () => {
  await using lab = await DockerLab.start({ hosts: 2 });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  const intruder = new GenericContainer("nomad-rdma")
    .withNetworkMode(`${lab.project}_control`)
    .withCopyContentToContainer([{ content: "not the secret of this lab\n", target: "/tmp/secret", mode: 0o444 }])
    .withCommand([
      "host",
      "--json",
      "--name",
      "mallory",
      "--central",
      "http://central:4790",
      "--secret-file",
      "/tmp/secret",
    ])
    .withWaitStrategy(Wait.forLogMessage(/"code":"E_AUTH"/));
  await using started = await intruder.start();
  const { container } = await getContainerRuntimeClient();
  expect(await container.getById(started.getId()).wait()).toMatchObject({ StatusCode: 1 });
  expect((await lab.client.status()).hosts.map(({ name }) => name).sort()).toEqual(["host-1", "host-2"]);
  await pair.untilTraffic();
});
