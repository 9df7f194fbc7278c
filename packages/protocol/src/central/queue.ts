import type { Move } from "./move.ts";

/**
 * Moves that wait for their turn, in the order in which they were asked for. A host has part in a limited number of moves
 * at once; whoever has to wait for that holds up nobody behind it.
 */
export class MoveQueue {
  readonly #waiting: Move[] = [];
  readonly #perHostMax: number;

  constructor(perHostMax: number) {
    this.#perHostMax = perHostMax;
  }

  push(move: Move): void {
    this.#waiting.push(move);
  }

  /** False when it does not wait here. */
  remove(move: Move): boolean {
    const at = this.#waiting.indexOf(move);
    if (at >= 0) this.#waiting.splice(at, 1);
    return at >= 0;
  }

  /** Takes out the first move that may begin beside those under way. */
  take(active: ReadonlySet<Move>): Move | undefined {
    const first = this.#waiting.find((move) => this.#hasRoom(move, active));
    if (first) this.remove(first);
    return first;
  }

  #hasRoom({ record: { from, to } }: Move, active: ReadonlySet<Move>): boolean {
    const isFull = (host: string) =>
      [...active].filter(({ record }) => record.from === host || record.to === host).length >= this.#perHostMax;
    return !isFull(from) && !isFull(to);
  }

  [Symbol.iterator](): Iterator<Move> {
    return this.#waiting.values();
  }
}
