import { randomBytes } from "node:crypto";
import { NomadError } from "@nomad/base";
import type { OnSample, Rounds } from "@nomad/measure";
import { type BatchOutcome, measuredOf, nameOf, type PerfCase, type PerfOutcomes } from "@nomad/measure/perf";
import type { LabClient } from "../../client/shell/lab-client.ts";
import { LabWatch } from "../../client/shell/lab-watch.ts";
import { RunningJob } from "../../mpi/shell/running-job.ts";
import { guestArguments, guestBatch, perfImage } from "../guest-batch.ts";

/** Cases of one test, to be measured between two guests on a lab that is up. The image must have been built. */
export interface GuestPerf {
  readonly client: LabClient;
  /** Where the guest that leads runs, and the other. */
  readonly hosts: readonly [string, string];
  readonly cases: readonly [PerfCase, ...PerfCase[]];
  readonly rounds: Rounds;
  readonly onSample: OnSample;
  readonly signal: AbortSignal;
}

const keyBytes = 8;

/** Measures all cases in turn. Rejects with E_STATE when a guest ends before. */
export async function perfBetweenGuests(perf: GuestPerf): Promise<PerfOutcomes[]> {
  const { client, signal } = perf;
  const batches = new Batches(perf);
  const key = randomBytes(keyBytes).toString("hex");
  const name = `perf-${key}`;
  await using events = new LabWatch(client, (event) => {
    if (event.type === "log" && event.guest === `${name}-0`) batches.take(event.line);
  });
  const rounds = perf.rounds.warmUps + perf.rounds.rounds;
  const job = {
    name,
    key,
    image: perfImage,
    ranks: 2,
    hosts: perf.hosts,
    arguments: guestArguments(perf.cases, rounds),
  };
  await using running = await RunningJob.start({ client, events, signal }, job);
  const ranks = await running.ended();
  if (batches.left > 0) {
    const why = ranks.map(({ guest }) => guest.error?.message ?? `${guest.state} ${guest.exitCode ?? ""}`).join(", ");
    throw new NomadError("E_STATE", `the guests ended with ${batches.left} batches to measure: ${why}`);
  }
  return batches.outcomes();
}

/** What the leading guest has printed. */
class Batches {
  readonly #perf: GuestPerf;
  readonly #taken: BatchOutcome[][];

  constructor(perf: GuestPerf) {
    this.#perf = perf;
    this.#taken = perf.cases.map(() => []);
  }

  take(line: string): void {
    const batch = guestBatch(line);
    const of = batch && this.#perf.cases[batch.index];
    if (!batch || !of) return;
    const taken = this.#taken[batch.index] as BatchOutcome[];
    taken.push(batch.outcome);
    const round = taken.length - this.#perf.rounds.warmUps;
    if (round > 0) this.#perf.onSample(nameOf(of), round, measuredOf(of.batch, batch.outcome));
  }

  get left(): number {
    const { warmUps, rounds } = this.#perf.rounds;
    return this.#taken.reduce((left, taken) => left - taken.length, (warmUps + rounds) * this.#taken.length);
  }

  outcomes(): PerfOutcomes[] {
    const { cases, rounds } = this.#perf;
    return cases.map((of, i) => ({ of, outcomes: (this.#taken[i] ?? []).slice(rounds.warmUps) }));
  }
}
