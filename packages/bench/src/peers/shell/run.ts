import { NomadError } from "@nomad/base";
import { interleave, type Measurement, measurementOf, type OnSample, type Probe } from "@nomad/measure";
import { PerfPair } from "@nomad/measure/perf/pair";
import type { Amounts } from "../../hca/amounts.ts";
import { adapterProbes } from "../../hca/shell/probe-adapter.ts";
import { timeLimit } from "../../shell/time-limit.ts";
import { besideOf, comparisons, sampleOf } from "../comparisons.ts";
import { comparisonsOf, type Library, libraries } from "../libraries.ts";
import { isInstalled, runBenchmark } from "./run-benchmark.ts";

/** Measures the adapter and, where they are installed, other libraries in turn; `note` is told what is left out, and why. */
export async function runPeers(
  amounts: Amounts,
  onSample: OnSample,
  note: (text: string) => void,
): Promise<Measurement> {
  const there: Library[] = [];
  for (const library of libraries) {
    const why = await trouble(library);
    if (why === null) there.push(library);
    else note(`${library.title} is left out: ${why}`);
  }
  if (there.length === 0) return measurementOf([], new Map());
  await using pair = await PerfPair.start({ icrc: true });
  const probes = new Map([...ours(pair, amounts), ...there.flatMap(theirs)]);
  const rounds = { ...amounts, enough: timeLimit(amounts.secondsMax) };
  const samples = new Map(await interleave(probes, rounds, onSample));
  const beside = there.flatMap((library) =>
    comparisonsOf(library).map((of) => ({ of, spec: besideOf(library.name, of) })),
  );
  for (const { of, spec } of beside) samples.set(spec.name, samples.get(of.ours) ?? []);
  return measurementOf(
    beside.map(({ spec }) => spec),
    samples,
  );
}

/** Why a library cannot be measured; null when it can. */
async function trouble(library: Library): Promise<string | null> {
  const absent = library.programs.filter((program) => !isInstalled(program));
  if (absent.length > 0) return `no ${absent.join(", ")} (on Debian: apt-get install ${library.packages.join(" ")})`;
  try {
    for (const of of comparisonsOf(library)) await runBenchmark(library, of);
    return null;
  } catch (error) {
    if (error instanceof NomadError) return error.message;
    throw error;
  }
}

const theirs = (library: Library): [string, Probe][] =>
  comparisonsOf(library).map((of) => [sampleOf(library.name, of), () => runBenchmark(library, of)]);

function ours(pair: PerfPair, amounts: Amounts): [string, Probe][] {
  const wanted = new Set<string>(comparisons.map(({ ours }) => ours));
  return [...adapterProbes(pair, pair, amounts)].filter(([name]) => wanted.has(name));
}
