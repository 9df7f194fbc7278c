import { expect, test } from "vitest";
import { lastJson } from "../kit/nomad-command.ts";
import { DockerLab } from "./kit/docker-lab.ts";

test("a lab of the version before is upgraded under its guests: central, then a new host for each old one", async () => {
  await using lab = await DockerLab.start({ hosts: 2, environment: { NOMAD_PROTOCOL_VERSION: "1" } });
  const pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
  const move = async (guest: string, to: string) => (await lab.client.move({ guest, to }, { wait: true })).outcome;
  lab.upgrade();
  await lab.replaceCentral();
  await pair.untilTraffic();
  expect(await move("alice", "host-2"), "between old hosts by a new central").toBe("released");
  await lab.scale(4);
  expect(await move("alice", "host-3"), "old to new").toBe("released");
  expect(await move("alice", "host-1"), "and back").toBe("released");
  for (const old of ["host-1", "host-2"]) {
    const evacuated = await lab.nomad("evacuate", old, "--json");
    expect(lastJson<{ ok: boolean }>(evacuated), evacuated.stderr).toMatchObject({ ok: true });
    await pair.untilTraffic();
    await (await lab.container(old)).remove({ force: true });
    await lab.hostIs(old, "lost", 10_000);
  }
  await pair.untilTraffic();
  expect((await pair.end()).map(({ verified }) => verified)).toEqual([true, true]);
});
