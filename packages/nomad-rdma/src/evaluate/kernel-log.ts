import type { NasMove, NasRepetition } from "@nomad/evaluation";
import type { MoveRecord } from "@nomad/protocol/http";
import type { Progress, Repetition } from "../npb/progress.ts";
import { completedMove } from "../npb/result.ts";

/** Counts the moves of each repetition of a kernel, and knows which repetitions a move was only partly in. */
export class KernelLog {
  readonly moves: NasMove[] = [];
  aborted = 0;
  readonly #spoilt = new Set<number>();

  /** A move has ended. `before` and `after`: where its rank was when it was asked for, and when it ended. */
  take(rank: number, move: MoveRecord, before: Progress, after: Progress | null): void {
    const isWithin = after?.timed === true && after.repetition === before.repetition;
    if (move.outcome !== "released") this.aborted++;
    if (isWithin && move.outcome === "released") this.moves.push(completedMove(rank, move, after));
    else for (let at = before.repetition; at <= (after?.repetition ?? before.repetition); at++) this.#spoilt.add(at);
  }

  /** The first one warms up. */
  repetitions(results: readonly Repetition[]): NasRepetition[] {
    return results.map(({ names, seconds, mops }, i) => ({
      names,
      seconds,
      mops,
      moves: this.moves.filter(({ repetition }) => repetition === i + 1).length,
      counts: i > 0 && !this.#spoilt.has(i + 1),
    }));
  }
}
