import type { Move } from "./move.ts";

/**
 * Moves that wait for their turn, in the order in which they were asked for. A host has part in a limited number of moves
 * at once, a guest in one; whoever has to wait for that holds up nobody else behind it.
 */
export class MoveQueue {
  readonly #waiting: Move[] = [];
  readonly #perHostMax: number;
  readonly #onPlace: (move: Move) => void;

  /** `onPlace`: a move that waits has another place than it had. */
  constructor(perHostMax: number, onPlace: (move: Move) => void) {
    this.#perHostMax = perHostMax;
    this.#onPlace = onPlace;
  }

  push(move: Move): void {
    this.#waiting.push(move);
    this.#number();
  }

  /** False when it does not wait here. */
  remove(move: Move): boolean {
    const at = this.#waiting.indexOf(move);
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    move.record.place = 0;
    this.#number();
    return true;
  }

  /** Takes out the first move that may begin beside those under way. */
  take(active: ReadonlySet<Move>): Move | undefined {
    const behind = new Set([...active].map(({ record }) => record.guest));
    for (const move of this.#waiting) {
      const { guest } = move.record;
      if (!behind.has(guest) && this.#hasRoom(move, active)) {
        this.remove(move);
        return move;
      }
      behind.add(guest);
    }
    return undefined;
  }

  /** Moves of a guest that wait, in order. */
  of(guest: string): Move[] {
    return this.#waiting.filter(({ record }) => record.guest === guest);
  }

  #hasRoom({ record: { from, to } }: Move, active: ReadonlySet<Move>): boolean {
    const isFull = (host: string) =>
      [...active].filter(({ record }) => record.from === host || record.to === host).length >= this.#perHostMax;
    return !isFull(from) && !isFull(to);
  }

  #number(): void {
    for (const [i, move] of this.#waiting.entries()) {
      if (move.record.place === i + 1) continue;
      move.record.place = i + 1;
      this.#onPlace(move);
    }
  }

  [Symbol.iterator](): Iterator<Move> {
    return this.#waiting.values();
  }
}
