import { randomBytes } from "node:crypto";
import { NomadError, type Random } from "@nomad/base";
import type { Guest, Injection, LabView, MoveRecord } from "@nomad/protocol/http";
import type { LabClient } from "../../client/shell/lab-client.ts";
import { LabWatch } from "../../client/shell/lab-watch.ts";
import { succeeded } from "../../mpi/job.ts";
import { RunningJob } from "../../mpi/shell/running-job.ts";
import { imageOf, type Kernel, type ProblemClass } from "../kernels.ts";
import { MoveProgress, progressOf } from "../progress.ts";
import { type CompletedMove, completedMove, type KernelResult, kernelResult } from "../result.ts";

/** A kernel to be run on a lab that is up, with so many moves while its clock runs. */
export interface KernelRun {
  readonly client: LabClient;
  readonly hosts: readonly string[];
  readonly kernel: Kernel;
  readonly class: ProblemClass;
  readonly ranks: number;
  readonly moves: number;
  /** What every move suffers. */
  readonly inject?: Injection | undefined;
  readonly random: Random;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

const keyBytes = 8;
/** How long ranks may take until the clock runs, a move until it has ended, and ranks that are asked to end. */
const waitMs = 900_000;
/** Repetitions in which nothing moves: one, and one without virtual names. */
const still = 2;
/** Moves that do not count: undone, or ended while the clock did not run. */
const vainMovesMax = 200;

/**
 * Runs a kernel, repeated whole: once as it is, once without virtual names; then, with moves, ranks move at random, one at
 * a time, until so many moves have completed while the clock ran.
 */
export async function runKernel(run: KernelRun): Promise<KernelResult> {
  const following = new MoveProgress();
  await using events = new LabWatch(run.client, (event) => {
    following.take(event);
    if (event.type === "log") run.note(event.line);
  });
  const key = randomBytes(keyBytes).toString("hex");
  const repetitions = run.moves === 0 ? String(still) : "0";
  await using job = await RunningJob.start(
    { client: run.client, events, signal: run.signal },
    {
      name: imageOf(run.kernel),
      key,
      image: imageOf(run.kernel),
      ranks: run.ranks,
      hosts: run.hosts,
      arguments: { class: run.class, repetitions, physical: "1" },
    },
  );
  const mover = new Mover(run, events, job, following);
  await mover.run();
  const ranks = await job.ended(waitMs);
  const results = progressOf(ranks[0]?.report)?.results ?? [];
  const { kernel, class: problem, ranks: count } = run;
  const { completed, aborted } = mover;
  const told = { kernel, class: problem, ranks: count, repetitions: results, completed, aborted };
  return kernelResult({ ...told, endedWell: succeeded(ranks) });
}

/** Moves ranks at random, one at a time. */
class Mover {
  readonly completed: CompletedMove[] = [];
  aborted = 0;
  readonly #run: KernelRun;
  readonly #events: LabWatch;
  readonly #job: RunningJob;
  readonly #following: MoveProgress;

  constructor(run: KernelRun, events: LabWatch, job: RunningJob, following: MoveProgress) {
    this.#run = run;
    this.#events = events;
    this.#job = job;
    this.#following = following;
  }

  /** Until enough moves have completed; then the job is asked to end after its repetition. */
  async run(): Promise<void> {
    const { moves, client, kernel } = this.#run;
    if (moves === 0) return;
    for (let asked = 0; this.completed.length < moves && !this.#isOver(); asked++) {
      if (asked >= moves + vainMovesMax) throw new NomadError("E_TIMEOUT", `${kernel}: ${asked} moves were in vain`);
      const rank = this.#run.random.between(0, this.#run.ranks - 1);
      if (await this.#untilTimed(rank)) await this.#move(rank);
    }
    if (!this.#isOver()) await client.stopGuest(this.#guest(0).name);
  }

  #isOver(): boolean {
    return this.#job.isOver(this.#events.view);
  }

  #guest(rank: number): Guest {
    return this.#job.now(this.#events.view)[rank] as Guest;
  }

  /** Waits until the clock of the rank runs, after those in which nothing moves; false when the job is over before. */
  async #untilTimed(rank: number): Promise<boolean> {
    const { name } = this.#guest(rank);
    const isTimed = (view: LabView): boolean => {
      const at = progressOf(view.reports.get(name));
      return at?.timed === true && at.repetition > still;
    };
    const { signal, kernel } = this.#run;
    const holds = (view: LabView) => isTimed(view) || this.#job.isOver(view);
    await this.#events.until(`the clock of ${kernel} runs`, holds, waitMs, signal);
    return isTimed(this.#events.view) && !this.#isOver();
  }

  async #move(rank: number): Promise<void> {
    const { client, hosts, inject, random, signal } = this.#run;
    const { name, host } = this.#guest(rank);
    const to = random.pick(hosts.filter((other) => other !== host));
    const request = { guest: name, to, ...(inject ? { inject } : {}) };
    const { id } = await client.move(request, { wait: false, signal });
    const ended = (view: LabView) => (view.moves.get(id)?.outcome ?? "") !== "";
    await this.#events.until(`the move of ${name} ends`, ended, waitMs, signal);
    this.#count(rank, this.#events.view.moves.get(id) as MoveRecord);
  }

  #count(rank: number, move: MoveRecord): void {
    const at = this.#following.atEndOf(move);
    if (move.outcome !== "released") {
      this.aborted++;
      this.#run.note(`rank ${rank}: move to ${move.to} ${move.outcome}: ${move.error?.message ?? ""}`);
    } else if (at?.timed) {
      this.completed.push(completedMove(rank, move, at));
      this.#run.note(`rank ${rank}: moved to ${move.to} in repetition ${at.repetition}, iteration ${at.iteration}`);
    }
  }
}
