import { expect, test } from "vitest";
import { amounts } from "./amounts.ts";
import { caseImages, pauseCase } from "./pause-case.ts";

const all = Object.values(amounts).flatMap(({ sweeps }) =>
  Object.entries(sweeps).flatMap(([sweep, values]) => values.map((value) => pauseCase(sweep as "idle", value))),
);

test("every peer is on a host of its own, and the guest moves between two others", () => {
  for (const { hosts, guest, peers } of all) {
    const taken = peers.map(({ host }) => host);
    expect(new Set(taken).size).toBe(peers.length);
    expect(hosts.slice(0, 2)).toContain(guest.host);
    for (const host of hosts.slice(0, 2)) expect(taken).not.toContain(host);
  }
});

test("the guest and its peers agree on who talks to whom, and on how many connections", () => {
  const { guest, peers } = pauseCase("peers", 2);
  expect(guest.arguments).toMatchObject({ name: "alice", peer: "bob-0,bob-1", qps: "1" });
  expect(peers.map(({ arguments: given }) => given)).toMatchObject([
    { name: "bob-0", peer: "alice", qps: "1" },
    { name: "bob-1", peer: "alice", qps: "1" },
  ]);
});

test("idle queue pairs are never used, active ones all are", () => {
  expect(pauseCase("idle", 256).guest.arguments).toMatchObject({ qps: "256", active: "0" });
  expect(pauseCase("active", 256).guest.arguments).toMatchObject({ qps: "256", active: "256" });
});

test("every image that a case needs is known beforehand", () => {
  for (const { guest, peers } of all) {
    for (const { image } of [guest, ...peers]) expect(caseImages).toContain(image);
  }
});
