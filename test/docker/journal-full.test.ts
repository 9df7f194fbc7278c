import { expect, test } from "vitest";
import { DockerLab } from "./kit/docker-lab.ts";

test("the journal's disk is full: central decides nothing and ends, guests talk on, and with room it goes on", async () => {
  await using lab = await DockerLab.start({ hosts: 3, files: ["docker/small-journal.yaml"], services: ["ballast"] });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  expect(await lab.execute("ballast-1", "dd", "if=/dev/zero", "of=/data/ballast", "bs=4k")).not.toBe(0);
  await expect(lab.client.move({ guest: "alice", to: "host-3" }, { wait: true })).rejects.toThrow();
  await expect(lab.events.untilEnd()).rejects.toThrow();

  expect(await lab.execute("ballast-1", "rm", "/data/ballast")).toBe(0);
  await lab.startCentralAgain();
  expect(await lab.logs("central-1")).toContain("E_JOURNAL");
  await pair.untilTraffic();
  expect((await lab.client.move({ guest: "alice", to: "host-3" }, { wait: true })).outcome).toBe("released");
  expect((await pair.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
