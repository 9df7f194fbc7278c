import type { FaultRecord } from "@nomad/protocol/http";
import { expect, test } from "vitest";
import { lastJson } from "./kit/nomad-command.ts";
import { RunningLab } from "./kit/running-lab.ts";

test("faults by hand strike a running lab, are counted and lifted, and its guests lose nothing", {
  timeout: 120_000,
}, async () => {
  await using lab = await RunningLab.start();
  await lab.startPair();
  const nomad = async <T>(...args: string[]) => lastJson<T>(await lab.workspace.run(...args, "--json"));

  const drop = ["drop", "--guest", "alice", "--chance", "0.05", "--seed", "7"];
  const { fault } = await nomad<{ fault: FaultRecord }>("fault", "add", ...drop);
  expect(fault).toMatchObject({ kind: "drop", on: ["wire"], guest: "alice", chance: 0.05, seed: 7 });
  await nomad("fault", "add", "duplicate", "--on", "control", "peer", "--ms", "5");
  await lab.untilTraffic();
  const move = await lab.client.move({ guest: "alice", to: "host-c" }, { wait: true });
  expect(move).toMatchObject({ outcome: "released" });
  await lab.untilTraffic();
  const { faults } = await nomad<{ faults: FaultRecord[] }>("fault", "ls");
  expect(faults.map(({ kind, hits }) => [kind, hits > 0])).toEqual([
    ["drop", true],
    ["duplicate", true],
  ]);
  expect((await nomad<{ faults: FaultRecord[] }>("fault", "lift", "all")).faults).toHaveLength(2);

  // Shorter than a host may be silent: nobody is lost by it, and what was unanswered is asked again.
  await lab.client.addFault({ kind: "cut", from: "host-c", to: "central", bothWays: true, seconds: 1 });
  expect((await lab.client.move({ guest: "alice", to: "host-a" }, { wait: true })).outcome).toBe("released");
  expect(await lab.client.faults()).toEqual([]);

  // Pages that are not whole are refused: the move is undone, and the guest goes on where it is.
  await lab.client.addFault({ kind: "corrupt", on: ["bulk"], to: "host-b", times: 1 });
  expect(await lab.client.move({ guest: "alice", to: "host-b" }, { wait: true })).toMatchObject({ outcome: "aborted" });
  await lab.untilTraffic();
  for (const name of ["alice", "bob"]) {
    const { connections } = (await lab.client.report(name)) ?? { connections: [] };
    expect(connections).toMatchObject([{ status: "ok", lost: 0, duplicated: 0, reordered: 0, corrupted: 0 }]);
  }
});
