import type { Sweep } from "../evaluation.ts";
import { goals } from "../goals.ts";

interface SweepText {
  readonly title: string;
  /** What is varied, with its unit. */
  readonly axis: string;
  readonly about: string;
  /** What the pause with the greatest value may be of that with the least. */
  readonly ratioMax?: number;
}

/** What is varied, and what of the rest stays as it is. */
export const sweeps: Readonly<Record<Sweep, SweepText>> = {
  idle: {
    title: "The pause by idle queue pairs",
    axis: "idle queue pairs",
    about: "A guest of 64 MiB whose connections were never used.",
    ratioMax: goals.pauseOfIdle,
  },
  active: {
    title: "The pause by active queue pairs",
    axis: "active queue pairs",
    about: "A guest of 64 MiB with a message to or fro on each of its connections all the time.",
    ratioMax: goals.pauseOfActive,
  },
  memory: {
    title: "The pause by memory",
    axis: "memory, MiB",
    about: "A guest with one connection; half of its memory and more is in use, and nothing of it is rewritten.",
  },
  dirty: {
    title: "The pause by how fast memory is rewritten",
    axis: "pages rewritten per millisecond",
    about: "A guest of 64 MiB with one connection, which rewrites 16 MiB in turn.",
  },
  peers: {
    title: "The pause by peers",
    axis: "peers",
    about: "A guest of 64 MiB with one active connection to each peer; every peer is on a host of its own.",
  },
};

export const sweepNames = Object.keys(sweeps) as Sweep[];
