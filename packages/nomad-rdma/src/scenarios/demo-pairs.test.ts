import { sampleConnection, sampleHost, sampleReport } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { demoGuests, demoHost, demoPairs, demoPairsMax, roundText } from "./demo-pairs.ts";

const pair = ["alice", "bob"] as const;

test("every guest of a demo has a name of its own", () => {
  const names = demoPairs(demoPairsMax).flat();
  expect(new Set(names).size).toBe(2 * demoPairsMax);
  expect(demoPairs(2)).toEqual([pair, ["carol", "dave"]]);
});

test("the guests of a round name each other, and nobody of another round", () => {
  const [alice, bob] = demoGuests(pair, { round: 7, rate: 100 });
  expect(alice).toMatchObject({ name: "alice", image: "pair", arguments: { name: "alice-7", peer: "bob-7" } });
  expect(bob).toMatchObject({ name: "bob", arguments: { name: "bob-7", peer: "alice-7", rate: "100" } });
  expect(demoGuests(pair, { round: 8, rate: 100 })[0]?.arguments?.peer).toBe("bob-8");
});

test("guests take turns on the hosts that are up", () => {
  const hosts = ["host-10", "host-9", "host-1"].map((name) => sampleHost(name));
  const places = (up: typeof hosts) => ["alice", "bob", "carol", "dave"].map((name) => demoHost(name, up).host);
  expect(places(hosts)).toEqual(["host-1", "host-9", "host-10", "host-1"]);
  const withoutNine = hosts.map((host) => ({
    ...host,
    state: host.name === "host-9" ? ("lost" as const) : host.state,
  }));
  expect(places(withoutNine)).toEqual(["host-1", "host-10", "host-1", "host-10"]);
  expect(demoHost("alice", [])).toEqual({});
});

test("a round is verified when both say so", () => {
  const reports = [
    sampleReport("alice", "bob", { connections: [sampleConnection("bob", { delivered: 3 })] }),
    sampleReport("bob", "alice", { connections: [sampleConnection("alice", { delivered: 4 })] }),
  ];
  expect(roundText(pair, reports)).toBe(
    "alice <-> bob: verified: 7 messages, nothing lost, doubled, reordered or changed",
  );
});

test.each([
  ["one lost a message", sampleReport("bob", "alice", { verified: false })],
  ["one said nothing", null],
])("a round is not verified when %s", (_what, report) => {
  expect(roundText(pair, [sampleReport("alice", "bob"), report])).toContain("NOT verified");
});
