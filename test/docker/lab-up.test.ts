import { statSync } from "node:fs";
import type { Status } from "@nomad/protocol/http";
import { expect, test } from "vitest";
import { lastJson } from "../kit/nomad-command.ts";
import { DockerLab } from "./kit/docker-lab.ts";

test("a lab comes up with hosts and guests that talk, the command line finds it, and nothing of it is left", async () => {
  let ended: DockerLab;
  {
    await using lab = await DockerLab.start({ services: ["demo"] });
    ended = lab;
    const status = await lab.nomad("status", "--json");
    const { hosts, guests } = lastJson<Status>(status);
    expect(hosts.map(({ name, state }) => `${name} ${state}`).sort()).toEqual([1, 2, 3, 4].map((n) => `host-${n} up`));
    expect(guests.map(({ name }) => name).sort()).toEqual(["alice", "bob", "carol", "dave", "erin", "frank"]);
    expect(new Set(guests.map(({ state }) => state))).toEqual(new Set(["running"]));
    expect(new Set(guests.map(({ host }) => host)).size).toBe(4);
    const heard = () => [...lab.events.view.reports.values()].map(({ connections }) => connections[0]?.delivered ?? 0);
    await lab.events.until(
      "all guests hear their peers",
      () => heard().filter((count) => count > 0).length === 6,
      20_000,
    );
    expect((await lab.nomad("guest", "logs", "alice")).stdout).toContain("connected");

    const central = await (await lab.container("central-1")).inspect();
    const host = await (await lab.container("host-1")).inspect();
    expect(Object.keys(central.NetworkSettings.Networks)).toEqual([`${lab.project}_control`]);
    expect(Object.keys(host.NetworkSettings.Networks).sort()).toEqual([
      `${lab.project}_control`,
      `${lab.project}_fabric`,
    ]);
    expect([central.Config.User, host.Config.User]).toEqual(["node", "node"]);
    expect(central.NetworkSettings.Ports["4790/tcp"]?.map(({ HostIp }) => HostIp)).toEqual(["127.0.0.1"]);
    expect(host.HostConfig.PortBindings).toEqual({});
    expect(statSync(lab.secretFile).mode & 0o077).toBe(0);
  }
  expect(await ended.remains()).toEqual([]);
});

test("a lab whose test fails leaves nothing either", async () => {
  let left: DockerLab | undefined;
  const failing = async () => {
    await using lab = await DockerLab.start({ hosts: 1 });
    left = lab;
    throw new Error("this test has failed");
  };
  await expect(failing()).rejects.toThrow("this test has failed");
  expect(await left?.remains()).toEqual([]);
});
