import { randomBytes } from "node:crypto";
import { Random } from "@nomad/base";
import { hasEnded, type LabView, RunningJob } from "nomad-rdma";
import type { RunningLab } from "../../kit/running-lab.ts";

/** A run of the guest program mpi-random. */
export interface RandomProgram {
  readonly seed: number;
  readonly ranks: number;
  readonly steps: number;
  /** Are ranks to be moved at random while it runs? */
  readonly moving: boolean;
}

/** What it came to. */
export interface RandomProgramResult {
  /** Of everything that all ranks received. */
  readonly checksum: string;
  readonly verified: boolean;
  /** Moves that ended while it ran. */
  readonly moves: number;
}

const hosts = ["host-a", "host-b", "host-c"];
const startMs = 60_000;

/** Runs the program to its end on a lab of three hosts. */
export async function runRandomProgram(lab: RunningLab, program: RandomProgram): Promise<RandomProgramResult> {
  const { client, events } = lab;
  const { seed, ranks, steps } = program;
  const signal = new AbortController().signal;
  const name = `random-${seed}-${program.moving ? "moving" : "still"}`;
  const key = randomBytes(8).toString("hex");
  const said = { seed: String(seed), steps: String(steps) };
  const job = { name, key, image: "mpi-random", ranks, hosts, arguments: said };
  await using running = await RunningJob.start({ client, events, signal }, job);
  const moves = program.moving ? await moveUntilOver(lab, running, new Random(seed)) : 0;
  const ended = await running.ended();
  const checksums = new Set(ended.map(({ report }) => String(report?.checksum)));
  return { checksum: [...checksums].join(" "), verified: ended.every(({ report }) => report?.verified), moves };
}

/** One move after the other, from when all ranks have found each other until one has ended. */
async function moveUntilOver({ client, events }: RunningLab, job: RunningJob, random: Random): Promise<number> {
  const names = job.guests.map((guest) => guest.name);
  await events.until("every rank reports", (view) => names.every((name) => view.reports.has(name)), startMs);
  let moves = 0;
  while (!job.now(events.view).some(hasEnded)) {
    const { name, host } = random.pick(job.now(events.view));
    const to = random.pick(hosts.filter((other) => other !== host));
    // Its rank may end before or while it moves.
    const move = await client.move({ guest: name, to }, { wait: true }).catch(() => null);
    if (move?.outcome !== "released") break;
    const isSettled = (view: LabView) => view.moves.get(move.id)?.outcome !== "" && !isMoving(view, name);
    await events.until("the move is told", isSettled, startMs);
    if (!job.now(events.view).some(hasEnded)) moves++;
  }
  return moves;
}

function isMoving(view: LabView, guest: string): boolean {
  return view.guests.get(guest)?.state === "moving";
}
