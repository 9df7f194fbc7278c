import type { Extent, Sweep } from "@nomad/evaluation";
import type { Rounds } from "@nomad/measure";
import type { PerfTestName } from "@nomad/measure/perf";
import { type Kernel, kernels, type ProblemClass } from "../npb/kernels.ts";

/** How much is measured. */
export interface Amounts {
  /** With virtual names and without, between guests: bytes of a message, by the test of `perf`; rounds of batches. */
  readonly virtualization: {
    readonly sizes: Readonly<Partial<Record<PerfTestName, readonly number[]>>>;
    readonly rounds: Rounds;
  };
  /** Of one guest while the other measures its round trips. */
  readonly latencyMoves: number;
  /** Of what is varied, by ascending value. */
  readonly sweeps: Readonly<Record<Sweep, readonly number[]>>;
  /** Moves of each case that count; one more comes first. */
  readonly moves: number;
  readonly nas: {
    readonly kernels: readonly Kernel[];
    readonly class: ProblemClass;
    readonly ranks: number;
    /** Moves in each repetition, in turn. */
    readonly moves: readonly number[];
    /** Repetitions with each number of moves; one more comes first. */
    readonly repetitions: number;
  };
}

const sizes = { "send-lat": [2, 64, 4096, 65_536], "write-bw": [4096, 65_536, 2 ** 20] } as const;
const nas = { kernels, class: "A", ranks: 4, moves: [0, 1, 2, 4] } as const;

export const amounts: Readonly<Record<Extent, Amounts>> = {
  /** Enough to see that everything works. */
  smoke: {
    virtualization: { sizes: { "send-lat": [64] }, rounds: { warmUps: 0, rounds: 1 } },
    latencyMoves: 1,
    sweeps: { idle: [1], active: [], memory: [], dirty: [], peers: [2] },
    moves: 1,
    nas: { kernels: ["CG"], class: "S", ranks: 2, moves: [0], repetitions: 1 },
  },
  quick: {
    virtualization: { sizes, rounds: { warmUps: 2, rounds: 15 } },
    latencyMoves: 5,
    sweeps: { idle: [1, 256, 4096], active: [1, 16, 256], memory: [16, 64, 256], dirty: [0, 4, 16], peers: [1, 4] },
    moves: 3,
    nas: { ...nas, repetitions: 1 },
  },
  full: {
    virtualization: { sizes, rounds: { warmUps: 2, rounds: 60 } },
    latencyMoves: 15,
    sweeps: {
      idle: [1, 16, 256, 1024, 4096],
      active: [1, 4, 16, 64, 256],
      memory: [16, 64, 256],
      dirty: [0, 1, 4, 8, 16],
      peers: [1, 2, 4, 8],
    },
    moves: 9,
    nas: { ...nas, repetitions: 4 },
  },
};
