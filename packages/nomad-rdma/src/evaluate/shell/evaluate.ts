import type { Evaluation, Extent, Sweep } from "@nomad/evaluation";
import { describeMachine } from "@nomad/measure/machine";
import { buildImages } from "../../mpi/shell/build-images.ts";
import { imageOf } from "../../npb/kernels.ts";
import { duration } from "../../output/format.ts";
import { perfImage } from "../../perf/guest-batch.ts";
import { packageVersion } from "../../shell/version.ts";
import { type Amounts, amounts } from "../amounts.ts";
import { caseImages, pauseCase } from "../pause-case.ts";
import type { Place } from "./bench-lab.ts";
import { measureLatency } from "./latency.ts";
import { measureKernel } from "./nas.ts";
import { measurePause } from "./pauses.ts";
import { measureVirtualization } from "./virtualization.ts";

export type Note = (text: string) => void;
type Measured = Pick<Evaluation, "virtualization" | "latency" | "moves" | "nas">;

interface Part {
  readonly images: (amount: Amounts) => readonly string[];
  readonly measure: (place: Place, amount: Amounts, note: Note) => Promise<Measured>;
}

/** What is measured, by the name that `--only` takes, in its order. */
const parts = {
  virtualization: { images: () => [perfImage], measure: virtualization },
  latency: { images: () => ["many-ping"], measure: latency },
  pauses: { images: () => caseImages, measure: pauses },
  nas: { images: (amount) => amount.nas.kernels.map(imageOf), measure: nas },
} as const satisfies Readonly<Record<string, Part>>;

export type PartName = keyof typeof parts;
export const partNames = Object.keys(parts) as PartName[];

/** Measures the parts of that name, each on labs of its own. */
export async function evaluate(
  place: Place,
  extent: Extent,
  wanted: readonly PartName[],
  note: Note,
): Promise<Evaluation> {
  const amount = amounts[extent];
  for (const name of wanted) await buildImages(parts[name].images(amount));
  const machine = describeMachine();
  const began = new Date().toISOString();
  const start = performance.now();
  let measured: Measured = {};
  for (const name of wanted) measured = { ...measured, ...(await parts[name].measure(place, amount, note)) };
  const seconds = Math.round((performance.now() - start) / 1000);
  const { seed } = place;
  const release = packageVersion();
  return { version: 1, extent, began, seconds, seed, release, machine, loadAtEnd: describeMachine().load, ...measured };
}

async function virtualization(place: Place, amount: Amounts, note: Note): Promise<Measured> {
  return { virtualization: await measureVirtualization(place, amount.virtualization, note) };
}

async function latency(place: Place, { latencyMoves }: Amounts, note: Note): Promise<Measured> {
  const series = await measureLatency(place, latencyMoves);
  note(`latency while the peer moves: paused ${series.moves.map(({ pausedMs }) => duration(pausedMs)).join(", ")}`);
  return { latency: series };
}

async function pauses(place: Place, { sweeps, moves: count }: Amounts, note: Note): Promise<Measured> {
  const cells: NonNullable<Evaluation["moves"]>[number][] = [];
  for (const [sweep, values] of Object.entries(sweeps) as [Sweep, readonly number[]][]) {
    for (const value of values) {
      const cell = await measurePause(place, pauseCase(sweep, value), count);
      note(`pause, ${sweep} ${value}: ${cell.moves.map(({ pausedMs }) => duration(pausedMs)).join(", ")}`);
      cells.push(cell);
    }
  }
  return { moves: cells };
}

async function nas(place: Place, { nas: amount }: Amounts, note: Note): Promise<Measured> {
  const runs: NonNullable<Evaluation["nas"]>[number][] = [];
  for (const kernel of amount.kernels) {
    const run = await measureKernel(place, kernel, amount);
    const times = run.repetitions.map(({ seconds, moves }) => `${seconds.toFixed(2)} s (${moves} moves)`);
    note(`${kernel} ${run.class} ${run.verified ? "verified" : "NOT VERIFIED"}: ${times.join(", ")}`);
    runs.push(run);
  }
  return { nas: runs };
}
