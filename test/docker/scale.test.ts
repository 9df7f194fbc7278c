import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("hosts come by one number and go by it once they are empty, and guests never notice", async () => {
  await using lab = await DockerLab.start({ hosts: 2 });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  await lab.scale(4);
  for (const name of ["host-3", "host-4"]) await lab.hostIs(name, "up", 20_000);
  expect((await lab.client.move({ guest: "alice", to: "host-4" }, { wait: true })).outcome).toBe("released");
  expect((await lab.client.move({ guest: "bob", to: "host-3" }, { wait: true })).outcome).toBe("released");
  await pair.untilTraffic();

  for (const name of ["host-4", "host-3"]) expect((await lab.nomad("evacuate", name)).exitCode).toBe(0);
  await lab.scale(2);
  for (const name of ["host-3", "host-4"]) await lab.hostIs(name, "lost", 15_000);
  await pair.untilTraffic();
  expect((await pair.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
