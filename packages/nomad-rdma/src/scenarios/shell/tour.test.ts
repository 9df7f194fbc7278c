import { Random } from "@nomad/base";
import { sampleConnection, sampleReport } from "@nomad/protocol/http/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LabClient } from "../../client/shell/lab-client.ts";
import { LabWatch } from "../../client/shell/lab-watch.ts";
import { FakeLab } from "../../testing/shell/fake-lab.ts";
import { connectionsBroken, guestsLost, type RunRecord } from "../run-record.ts";
import { companion, dirtying, tourGuests, tourist } from "../tour-guests.ts";
import { tourPlan } from "../tour-plan.ts";
import { failures } from "../verdict.ts";
import { runTour } from "./tour.ts";

const secret = Buffer.from("a secret of sixteen and more");
const hosts = ["host-a", "host-b", "host-c"];
let lab: FakeLab;

beforeEach(async () => {
  lab = await FakeLab.start(secret, hosts);
});
afterEach(() => lab[Symbol.asyncDispose]());

async function tour(signal: AbortSignal = new AbortController().signal): Promise<RunRecord> {
  const client = new LabClient({ url: lab.central.url, secret });
  await using events = new LabWatch(client);
  const plan = tourPlan({ hosts, tourist, companion, random: new Random(1) });
  const record = await runTour({ client, events, guests: tourGuests(hosts, 1), plan, seconds: 0, signal });
  return { ...record, processes: [], dirtying, alwaysHeld: true };
}

test("a tour makes every move of its plan and ends with both guests' reports", async () => {
  const run = await tour();
  expect(failures(run)).toEqual([]);
  expect(run.moves.map(({ guest, from, to }) => `${guest} ${from} ${to}`)).toEqual([
    "alice host-a host-b",
    "alice host-b host-c",
    "alice host-c host-a",
    "bob host-b host-a",
    "bob host-a host-c",
  ]);
});

test("a move that is aborted ends the tour, and the guests are still asked to end", async () => {
  lab.moveOutcome = (n) => (n === 2 ? { outcome: "aborted", error: { code: "E_DRAIN", message: "1 left" } } : {});
  const run = await tour();
  expect(run.moves).toHaveLength(2);
  expect(run.guests.map((guest) => guest.state)).toEqual(["exited", "exited"]);
  expect(failures(run)).toEqual([
    "move 2 (alice, host-b to host-c): expected released, got aborted E_DRAIN 1 left",
    "the run: expected every planned move made, got 2 of 5",
  ]);
});

test("a host that is killed between moves ends the tour with what its peer saw", async () => {
  lab.afterMove = (n) => {
    if (n !== 3) return;
    lab.change("bob", { state: "lost" });
    const connections = [sampleConnection("bob", { status: "RETRY_EXC_ERR" })];
    lab.report("alice", sampleReport("alice", "bob", { connections, verified: false }));
    lab.change("alice", { state: "failed", exitCode: 1 });
  };
  const run = await tour();
  expect(run.moves).toHaveLength(3);
  expect(guestsLost(run)).toEqual(["bob"]);
  expect(connectionsBroken(run)).toEqual([{ guest: "alice", peer: "bob", status: "RETRY_EXC_ERR" }]);
});

test("a move that central refuses is a trouble, not a crash", async () => {
  lab.afterMove = () => lab.guests.delete("alice");
  const run = await tour();
  expect(run.troubles).toEqual(["move 2 (alice to host-c): E_NO_GUEST no guest alice"]);
});

test("a tour that is called off stops where it is", async () => {
  const abort = new AbortController();
  lab.afterMove = () => abort.abort(new Error("interrupted"));
  await expect(tour(abort.signal)).rejects.toThrow("interrupted");
});

test("a tour whose central is gone fails and does not hang", async () => {
  lab.afterMove = () => void lab[Symbol.asyncDispose]();
  await expect(tour()).rejects.toThrow(expect.objectContaining({ code: "E_UNREACHABLE" }));
});
