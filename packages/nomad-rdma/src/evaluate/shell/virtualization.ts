import type { VirtualizationCell } from "@nomad/evaluation";
import {
  casesOf,
  measuredOf,
  type PerfCase,
  type PerfOutcomes,
  type PerfTestName,
  perfTests,
} from "@nomad/measure/perf";
import { hostNames } from "../../lab/host-names.ts";
import { perfBetweenGuests } from "../../perf/shell/between-guests.ts";
import type { Amounts } from "../amounts.ts";
import { BenchLab, type Place } from "./bench-lab.ts";

const names = ["virtual", "physical"] as const;
const window = 64;

/** Each test between two guests, all sizes in turn, with virtual names and with the adapter's own. */
export async function measureVirtualization(
  place: Place,
  { sizes, rounds }: Amounts["virtualization"],
  note: (text: string) => void,
): Promise<VirtualizationCell[]> {
  const hosts = hostNames(2) as [string, string];
  await using lab = await BenchLab.start(place, hosts);
  const cells: VirtualizationCell[] = [];
  for (const [test, bytes] of Object.entries(sizes) as [PerfTestName, readonly number[]][]) {
    const cases = bytes.flatMap((size) =>
      casesOf({ test, transport: "RC", window, bidirectional: false, size, names }),
    ) as [PerfCase, ...PerfCase[]];
    const { client } = lab;
    const { signal } = place;
    const measured = await perfBetweenGuests({ client, hosts, cases, rounds, signal, onSample: () => {} });
    cells.push(...bytes.map((size) => cellOf(test, size, measured)));
    note(`virtual names, ${test}: ${bytes.join(", ")} bytes, ${rounds.rounds} rounds`);
  }
  return cells;
}

function cellOf(test: PerfTestName, bytes: number, measured: readonly PerfOutcomes[]): VirtualizationCell {
  const samples = (wanted: (typeof names)[number]): number[] =>
    measured
      .filter(({ of }) => of.names === wanted && of.batch.bytes === bytes)
      .flatMap(({ of, outcomes }) => outcomes.map((outcome) => measuredOf(of.batch, outcome)));
  const how =
    perfTests[test].kind === "stream"
      ? ({ unit: "MB/s", better: "higher" } as const)
      : ({ unit: "us", better: "lower" } as const);
  return { test, bytes, ...how, virtual: samples("virtual"), physical: samples("physical") };
}
