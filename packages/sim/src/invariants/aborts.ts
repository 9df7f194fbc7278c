import type { MoveRecord } from "@nomad/protocol/http";
import { must } from "../violation.ts";
import type { World } from "../world.ts";

/**
 * Invariant 8: after an abort the guest is where it was, and goes on; and a move that nothing disturbs is not aborted.
 * That its messages, handles and memory are as they were, others check.
 */
export class Aborts {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** A move has ended. `disturbed`: some fault was in force meanwhile. */
  ended(move: MoveRecord, disturbed: boolean): void {
    must(
      8,
      disturbed || move.outcome === "released",
      () => `move ${move.id} was ${move.outcome} though nothing disturbed it: ${move.error?.message}`,
    );
    if (move.outcome !== "aborted") return;
    const { host, state } = this.#world.central.directory.guest(move.guest);
    must(8, host === move.from, () => `move ${move.id} was aborted, and ${move.guest} is at ${host}`);
    if (state !== "running") return;
    const source = this.#world.hostProcess(move.from);
    // Dead, or another incarnation that central does not know yet.
    if (!source.process.alive || !source.joined) return;
    const { guests } = source.core.coordinator;
    const here = [...guests.running.values()].some(({ name }) => name === move.guest);
    must(8, here, () => `move ${move.id} was aborted, and ${move.guest} does not run at ${host}`);
  }
}
