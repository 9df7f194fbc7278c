import type { Probe } from "@nomad/measure";
import { type CompletionQueue, WorkCompletion } from "@nomad/verbs";
import { type Amounts, messageBytes, window, writeBytes } from "../amounts.ts";
import type { Rig, RigAddress } from "../rig.ts";

/** 1 MiB WRITEs that are posted at a time. */
const writesPosted = 8;

/** What the adapter with ICRC costs, and one without. */
export function adapterProbes(
  withIcrc: { readonly rig: Rig; readonly peer: RigAddress },
  withoutIcrc: { readonly rig: Rig; readonly peer: RigAddress },
  amounts: Amounts,
): ReadonlyMap<string, Probe> {
  return new Map<string, Probe>([
    ["send-rtt-64", () => roundTrips(withIcrc.rig, amounts.roundTrips)],
    ["write-bw-1m", () => writeBandwidth(withIcrc.rig, withIcrc.peer, amounts.bandwidthBytes)],
    ["write-bw-1m-noicrc", () => writeBandwidth(withoutIcrc.rig, withoutIcrc.peer, amounts.bandwidthBytes)],
    ["send-rate-64", () => sendRate(withIcrc.rig, amounts.messages)],
  ]);
}

/** Mean time of a SEND there and one back, us. */
async function roundTrips({ echo, echoCq, mr }: Rig, count: number): Promise<number> {
  const sgList = [mr.sge(0, messageBytes)];
  const wcs = completions(4);
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    echo.postRecv({ sgList });
    echo.postSend({ opcode: "WR_SEND", sgList });
    // Its own completion, and that of the answer.
    for (let left = 2; left > 0; ) left -= await taken(echoCq, wcs);
  }
  return ((performance.now() - start) * 1000) / count;
}

/** MB/s, until the last WRITE is acknowledged. */
async function writeBandwidth({ stream, streamCq, mr }: Rig, peer: RigAddress, bytes: number): Promise<number> {
  const { remoteAddress, rkey } = peer;
  const wr = { opcode: "WR_RDMA_WRITE", sgList: [mr.sge(0, writeBytes)], remoteAddress, rkey } as const;
  const ms = await streamed(streamCq, bytes / writeBytes, writesPosted, () => stream.postSend(wr));
  return bytes / ms / 1000;
}

/** SENDs a second. */
async function sendRate({ stream, streamCq, mr }: Rig, count: number): Promise<number> {
  const wr = { opcode: "WR_SEND", sgList: [mr.sge(0, messageBytes)] } as const;
  const ms = await streamed(streamCq, count, window, () => stream.postSend(wr));
  return (count * 1000) / ms;
}

/** Posts `count` work requests, so many under way at a time; resolves to how long it took until the last completed, ms. */
async function streamed(cq: CompletionQueue, count: number, underWay: number, post: () => void): Promise<number> {
  const wcs = completions(underWay);
  const start = performance.now();
  let posted = 0;
  for (let completed = 0; completed < count; completed += await taken(cq, wcs)) {
    for (; posted < count && posted - completed < underWay; posted++) post();
  }
  return performance.now() - start;
}

/** Waits for completions, checks them, and returns how many there were. */
async function taken(cq: CompletionQueue, wcs: readonly WorkCompletion[]): Promise<number> {
  let count = cq.pollInto(wcs);
  if (count === 0) {
    await cq.wait();
    count = cq.pollInto(wcs);
  }
  for (let i = 0; i < count; i++) {
    const status = wcs[i]?.status;
    if (status !== "WC_SUCCESS") throw new Error(`a work request ended with ${status}`);
  }
  return count;
}

function completions(count: number): readonly WorkCompletion[] {
  return Array.from({ length: count }, () => new WorkCompletion());
}
