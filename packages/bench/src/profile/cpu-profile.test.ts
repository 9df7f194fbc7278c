import { expect, test } from "vitest";
import { type CpuProfile, selfTimes } from "./cpu-profile.ts";
import { ownerOf } from "./processes.ts";
import { profileTable } from "./profile-table.ts";

const frame = (id: number, functionName: string, url = "", lineNumber = -1) => {
  return { id, callFrame: { functionName, url, lineNumber } };
};

/** One function called from two places, V8's own work, and rest. */
const profile: CpuProfile = {
  nodes: [
    frame(1, "(root)"),
    frame(2, "send", "file:///home/someone/nomad/packages/hca/src/requester.ts", 11),
    frame(3, "send", "file:///home/someone/nomad/packages/hca/src/requester.ts", 11),
    frame(4, "(garbage collector)"),
    frame(5, "(idle)"),
    frame(6, "", "file:///home/someone/nomad/node_modules/ws/lib/sender.js", 4),
  ],
  samples: [2, 5, 3, 4, 6],
  timeDeltas: [1000, 9000, 2000, 1500, 500],
};

test("a function's time is what it ran itself, wherever it was called from, and rest is nobody's", () => {
  expect(selfTimes(profile)).toEqual([
    { name: "send", place: "packages/hca/src/requester.ts:12", ms: 3 },
    { name: "(garbage collector)", place: "", ms: 1.5 },
    { name: "(anonymous)", place: "node_modules/ws/lib/sender.js:5", ms: 0.5 },
  ]);
});

test("the table begins with the process that worked most, and leaves out those that hardly did", () => {
  const hardly: CpuProfile = { ...profile, timeDeltas: profile.timeDeltas.map((us) => us / 100) };
  const twice: CpuProfile = { ...profile, timeDeltas: profile.timeDeltas.map((us) => us * 2) };
  const table = profileTable([
    { file: "1", owner: "a", profile },
    { file: "2", owner: "b", profile: hardly },
    { file: "3", owner: "c", profile: twice },
  ]);
  expect(table.split("\n").filter((line) => /^[abc]: /.test(line))).toEqual([
    "c: 10 ms at work (3)",
    "a: 5 ms at work (1)",
  ]);
  expect(table).toMatch(/^ {2}6 +60% +send +packages\/hca\/src\/requester\.ts:12$/m);
});

test("a profile is of the process that has its number, and of one of its threads", () => {
  const processes = "17 peer.ts --port 1\n171 nomad.ts host\n";
  expect(ownerOf("CPU.20261122.235547.17.0.001.cpuprofile", processes)).toBe("peer.ts --port 1");
  expect(ownerOf("CPU.20261122.235547.171.2.003.cpuprofile", processes)).toBe("nomad.ts host, thread 2");
  expect(ownerOf("CPU.20261122.235547.99.0.001.cpuprofile", processes)).toBe("process 99");
});
