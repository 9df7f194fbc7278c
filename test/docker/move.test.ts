import type { MoveRecord } from "@nomad/protocol/http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lastJson } from "../kit/nomad-command.ts";
import { DockerLab } from "./kit/docker-lab.ts";
import type { GuestPair } from "./kit/guest-pair.ts";

let lab: DockerLab;
let pair: GuestPair;

beforeAll(async () => {
  lab = await DockerLab.start({ hosts: 3 });
  pair = await lab.startPair({ name: "alice", host: "host-1" }, { name: "bob", host: "host-2" });
});
afterAll(() => lab?.[Symbol.asyncDispose]());

const placeOf = (guest: string) => lab.events.view.guests.get(guest)?.host;

test("a guest moves to another container while it talks", async () => {
  const ended = await lab.nomad("migrate", "alice", "host-3", "--json");
  expect(lastJson<{ move: MoveRecord }>(ended).move, ended.stderr).toMatchObject({ outcome: "released", to: "host-3" });
  await pair.untilTraffic();
  expect(placeOf("alice")).toBe("host-3");
});

test("a host is evacuated", async () => {
  await lab.client.move({ guest: "bob", to: "host-3" }, { wait: true });
  const ended = await lab.nomad("evacuate", "host-3", "--json");
  const { moves } = lastJson<{ moves: MoveRecord[] }>(ended);
  expect(moves.map(({ guest, outcome }) => `${guest} ${outcome}`).sort(), ended.stderr).toEqual([
    "alice released",
    "bob released",
  ]);
  // One each: central takes the host with the fewest guests.
  expect(new Set([placeOf("alice"), placeOf("bob")])).toEqual(new Set(["host-1", "host-2"]));
  await pair.untilTraffic();
});

test("over all these moves nothing was lost, doubled, reordered or changed", async () => {
  expect(await pair.end()).toEqual([
    { name: "alice", end: "exited", verified: true },
    { name: "bob", end: "exited", verified: true },
  ]);
});
