import { interleave, type Measurement, measurementOf, type OnSample } from "@nomad/measure";
import { PerfPair } from "@nomad/measure/perf/pair";
import { timeLimit } from "../../shell/time-limit.ts";
import type { Amounts } from "../amounts.ts";
import { hcaFigures } from "../figures.ts";
import { PeerProcess } from "./peer-process.ts";
import { adapterProbes } from "./probe-adapter.ts";
import { connectionProbes } from "./probe-connections.ts";
import { socketProbes } from "./probe-sockets.ts";

/** Measures the adapter between two processes, and the sockets under it in turn. */
export async function runHca(amounts: Amounts, onSample: OnSample): Promise<Measurement> {
  await using undo = new AsyncDisposableStack();
  await using sockets = await PeerProcess.start("peer.ts");
  await using withIcrc = await PerfPair.start({ icrc: true });
  await using withoutIcrc = await PerfPair.start({ icrc: false });
  const floors = await socketProbes(sockets.ready, amounts);
  const connections = await connectionProbes(undo, sockets.ready.wsUrl, amounts);
  const probes = new Map([...adapterProbes(withIcrc, withoutIcrc, amounts), ...floors, ...connections]);
  const rounds = { ...amounts, enough: timeLimit(amounts.secondsMax) };
  const samples = new Map([...(await interleave(probes, rounds, onSample)), ["qp-memory", [await qpMemory()]]]);
  return measurementOf(hcaFigures, samples);
}

async function qpMemory(): Promise<number> {
  await using process = await PeerProcess.start("qp-memory.ts", { execArgv: ["--expose-gc"] });
  return process.ready.bytes;
}
