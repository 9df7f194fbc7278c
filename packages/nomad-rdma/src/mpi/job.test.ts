import { sampleGuest } from "@nomad/protocol/http/testing";
import { expect, test } from "vitest";
import { type Job, jobGuests, succeeded } from "./job.ts";

const job: Job = {
  name: "cg",
  key: "1f",
  image: "npb-cg",
  ranks: 3,
  hosts: ["host-a", "host-b"],
  arguments: { class: "S" },
};

test("ranks are dealt to the hosts in turn, and each knows its place in the job", () => {
  const guests = jobGuests(job);
  expect(guests.map(({ name, host }) => [name, host])).toEqual([
    ["cg-0", "host-a"],
    ["cg-1", "host-b"],
    ["cg-2", "host-a"],
  ]);
  expect(guests[2]?.arguments).toEqual({ class: "S", name: "cg-2", job: "1f", rank: "2", ranks: "3" });
});

test("a job succeeds when every rank has exited with 0", () => {
  const well = { rank: 0, guest: sampleGuest("cg-0", { state: "exited", exitCode: 0 }), report: null };
  const failed = { rank: 1, guest: sampleGuest("cg-0", { state: "exited", exitCode: 1 }), report: null };
  const lost = { rank: 1, guest: sampleGuest("cg-0", { state: "lost" }), report: null };
  expect(succeeded([well, well])).toBe(true);
  expect(succeeded([well, failed])).toBe(false);
  expect(succeeded([well, lost])).toBe(false);
});
