import { Random } from "@nomad/base";
import { expect } from "vitest";
import { datagram, datagramPair, expectArrival, postReceive, targetOf } from "./kit/datagrams.ts";
import type { Lab } from "./kit/lab.ts";
import { everyKind } from "./kit/mixes.ts";
import { alike, type Op, RcLane } from "./kit/rc-lane.ts";
import { interleave } from "./kit/tasks.ts";
import { test } from "./kit/test.ts";
import { statusOf } from "./kit/work.ts";

// A little of each kind, on five or ten connections.

/** Drives so many connections, each with operations of its own. */
async function driveLanes(
  lab: Lab,
  count: number,
  window: number,
  ops: (lane: number) => Op[],
  batch = 1,
): Promise<void> {
  const lanes = Array.from({ length: count }, () => new RcLane(lab, { bytesMax: 128, window }));
  await interleave(lab, count, (lane) => (lanes[lane] as RcLane).drive(ops(lane), batch));
}

test("SimpleRdmaTest.Write: ten WRITEs on each of five connections land", async ({ lab }) => {
  await driveLanes(lab, 5, 10, () => alike(10, "write", 32));
});

test("SimpleRdmaTest.Read: ten READs on each of five connections bring what is there", async ({ lab }) => {
  await driveLanes(lab, 5, 10, () => alike(10, "read", 32));
});

test("SimpleRdmaTest.Batching: batches that do not divide what may be under way are all done", async ({ lab }) => {
  await driveLanes(lab, 10, 10, () => alike(100, "send", 32), 4);
});

test("SimpleRdmaTest.MixedOpType: operations of all kinds by chance are all done", async ({ lab }) => {
  const random = new Random(3);
  const ops = () => Array.from({ length: 100 }, () => alike(1, random.pick(everyKind), 8)).flat();
  await driveLanes(lab, 10, 10, ops);
});

test("SimpleRdmaTest.MixedOpSize: WRITEs of three sizes by chance are all done", async ({ lab }) => {
  const random = new Random(4);
  const ops = () => Array.from({ length: 100 }, () => alike(1, "write", random.pick([32, 64, 128]))).flat();
  await driveLanes(lab, 10, 10, ops);
});

test("SimpleRdmaTest.RcSend: eleven messages on each of five connections are received in order", async ({ lab }) => {
  await driveLanes(lab, 5, 11, () => alike(11, "send", 32));
});

test("SimpleRdmaTest.UdSend: a datagram is received, with its header", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 256);
  expect(await statusOf(lab, a, datagram(a, 256, targetOf(a, b)))).toBe("WC_SUCCESS");
  await expectArrival(lab, a, b, 256);
});

test("SimpleRdmaTest.FetchAdd: each fetch and add adds once, and brings what was there", async ({ lab }) => {
  await driveLanes(lab, 5, 10, () => alike(10, "fetchAdd", 8));
});

test("SimpleRdmaTest.CompareSwap: each compare and swap swaps if it is equal, and brings what was there", async ({
  lab,
}) => {
  await driveLanes(lab, 5, 10, () => alike(10, "compareSwap", 8));
});
