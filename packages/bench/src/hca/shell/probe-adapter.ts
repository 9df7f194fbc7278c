import type { Probe } from "@nomad/measure";
import type { Batch } from "@nomad/measure/perf";
import type { PerfPair } from "@nomad/measure/perf/pair";
import { type Amounts, messageBytes, window, writeBytes } from "../amounts.ts";

/** 1 MiB WRITEs that are under way at a time. */
const writesPosted = 8;

/** What the adapter costs with ICRCs, and a WRITE without. */
export function adapterProbes(withIcrc: PerfPair, withoutIcrc: PerfPair, amounts: Amounts): ReadonlyMap<string, Probe> {
  const reliable = { transport: "RC", bidirectional: false } as const;
  const send: Batch = { ...reliable, test: "send-lat", bytes: messageBytes, iterations: amounts.roundTrips, window };
  const rate: Batch = { ...reliable, test: "send-bw", bytes: messageBytes, iterations: amounts.messages, window };
  const writes = { bytes: writeBytes, iterations: amounts.bandwidthBytes / writeBytes, window: writesPosted };
  const write: Batch = { ...reliable, test: "write-bw", ...writes };
  return new Map<string, Probe>([
    ["send-rtt-64", async () => (await messageMs(withIcrc, send)) * 1000],
    ["write-bw-1m", async () => writeBytes / (await messageMs(withIcrc, write)) / 1000],
    ["write-bw-1m-noicrc", async () => writeBytes / (await messageMs(withoutIcrc, write)) / 1000],
    ["send-rate-64", async () => 1000 / (await messageMs(withIcrc, rate))],
  ]);
}

/** What each message of a batch took, ms. */
async function messageMs(pair: PerfPair, batch: Batch): Promise<number> {
  const { ms, messages } = await pair.run(batch);
  return ms / messages;
}
