import { interleave, type Measurement, measurementOf, type OnSample } from "@nomad/measure";
import { PerfPair } from "@nomad/measure/perf/pair";
import type { Amounts } from "../amounts.ts";
import { hcaFigures } from "../figures.ts";
import { PeerProcess } from "./peer-process.ts";
import { adapterProbes } from "./probe-adapter.ts";
import { socketProbes } from "./probe-sockets.ts";

/** Measures the adapter between two processes, and the sockets under it in turn. */
export async function runHca(amounts: Amounts, onSample: OnSample): Promise<Measurement> {
  await using sockets = await PeerProcess.start();
  await using withIcrc = await PerfPair.start({ icrc: true });
  await using withoutIcrc = await PerfPair.start({ icrc: false });
  const floors = await socketProbes(sockets.peer, amounts);
  const probes = new Map([...adapterProbes(withIcrc, withoutIcrc, amounts), ...floors]);
  return measurementOf(hcaFigures, await interleave(probes, amounts, onSample));
}
