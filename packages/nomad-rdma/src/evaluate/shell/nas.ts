import { randomBytes } from "node:crypto";
import { Random } from "@nomad/base";
import type { NasRun } from "@nomad/evaluation";
import type { LabView, MoveRecord } from "@nomad/protocol/http";
import { hostNames } from "../../lab/host-names.ts";
import { succeeded } from "../../mpi/job.ts";
import { RunningJob } from "../../mpi/shell/running-job.ts";
import { imageOf, type Kernel } from "../../npb/kernels.ts";
import { MoveProgress, type Progress, progressOf } from "../../npb/progress.ts";
import type { Amounts } from "../amounts.ts";
import { KernelLog } from "../kernel-log.ts";
import { BenchLab, type Place } from "./bench-lab.ts";

const hosts = hostNames(3);
/** How long a repetition may take, a move until it has ended, and ranks that are asked to end. */
const waitMs = 900_000;

/** Repeats a kernel whole; after those that stand still, so many ranks move as `amount.moves` says, in turn. */
export async function measureKernel(place: Place, kernel: Kernel, amount: Amounts["nas"]): Promise<NasRun> {
  const following = new MoveProgress();
  await using lab = await BenchLab.start(place, hosts, (event) => following.take(event));
  const { client, events } = lab;
  await using job = await RunningJob.start(
    { client, events, signal: place.signal },
    {
      name: imageOf(kernel),
      key: randomBytes(8).toString("hex"),
      image: imageOf(kernel),
      ranks: amount.ranks,
      hosts,
      arguments: { class: amount.class, repetitions: "0", physical: String(amount.repetitions) },
    },
  );
  const run = new KernelRun(place, lab, job, following);
  // Those without virtual names come first: nothing may move meanwhile.
  const still = 1 + amount.repetitions;
  for (let i = 0; i < amount.moves.length * amount.repetitions; i++) {
    await run.repeat(still + 1 + i, amount.moves[i % amount.moves.length] ?? 0);
  }
  await run.finish();
  const ranks = await job.ended(waitMs);
  const results = progressOf(ranks[0]?.report)?.results ?? [];
  const { moves, aborted } = run.log;
  const verified = succeeded(ranks) && results.length > 0 && results.every((result) => result.verified);
  const repetitions = run.log.repetitions(results);
  return { kernel, class: amount.class, ranks: amount.ranks, verified, repetitions, moves, aborted };
}

/** A job of a kernel that is repeated until it is asked to end. */
class KernelRun {
  readonly log = new KernelLog();
  readonly #place: Place;
  readonly #lab: BenchLab;
  readonly #job: RunningJob;
  readonly #following: MoveProgress;
  readonly #random: Random;

  constructor(place: Place, lab: BenchLab, job: RunningJob, following: MoveProgress) {
    this.#place = place;
    this.#lab = lab;
    this.#job = job;
    this.#following = following;
    this.#random = new Random(place.seed);
  }

  /** Waits for the repetition's clock, then moves ranks one after the other as long as it runs. */
  async repeat(repetition: number, count: number): Promise<void> {
    const begun = () => this.#isTimed(0, repetition) || (this.#at(0)?.repetition ?? 0) > repetition;
    await this.#until(`repetition ${repetition}`, () => begun() || this.#isOver());
    for (let moved = 0; moved < count && this.#isTimed(0, repetition) && !this.#isOver(); moved++) await this.#move();
  }

  async finish(): Promise<void> {
    if (!this.#isOver()) await this.#lab.client.stopGuest(this.#guest(0).name);
  }

  async #move(): Promise<void> {
    const rank = this.#random.between(0, this.#job.guests.length - 1);
    const { name, host } = this.#guest(rank);
    const before = this.#at(rank);
    if (before === null) return;
    const to = this.#random.pick(hosts.filter((other) => other !== host));
    const { id } = await this.#lab.client.move({ guest: name, to }, { wait: false, signal: this.#place.signal });
    const ended = ({ moves }: LabView) => (moves.get(id)?.outcome ?? "") !== "";
    await this.#until(`the move of ${name} ends`, ended);
    const record = this.#lab.events.view.moves.get(id) as MoveRecord;
    this.log.take(rank, record, before, this.#following.atEndOf(record));
  }

  #isOver(): boolean {
    return this.#job.isOver(this.#lab.events.view);
  }

  #guest(rank: number) {
    return this.#job.now(this.#lab.events.view)[rank] as ReturnType<RunningJob["now"]>[number];
  }

  #at(rank: number): Progress | null {
    return progressOf(this.#lab.events.view.reports.get(this.#guest(rank).name));
  }

  #isTimed(rank: number, repetition: number): boolean {
    const at = this.#at(rank);
    return at?.timed === true && at.repetition === repetition;
  }

  #until(what: string, holds: (view: LabView) => boolean): Promise<void> {
    return this.#lab.events.until(what, holds, waitMs, this.#place.signal);
  }
}
