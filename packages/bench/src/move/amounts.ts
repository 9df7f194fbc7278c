/** How much the move suite does. */
export interface MoveAmounts {
  /** Moves of each guest in each way; one more warms up. */
  readonly moves: number;
  /** How many queue pairs the guests have. */
  readonly queuePairs: readonly number[];
  /** What is measured beside the moves, so many times. */
  readonly rounds: number;
}

export const fullMoves: MoveAmounts = { moves: 5, queuePairs: [1, 256, 4096], rounds: 20 };
export const quickMoves: MoveAmounts = { moves: 1, queuePairs: [1], rounds: 2 };

/** Memory of the guest program `many`. */
export const guestBytes = 64 * 2 ** 20;
/** Queue pairs of a busy guest that are in use, at most. */
export const activeMax = 16;
