import { WC_RETRY_EXC_ERR } from "@nomad/abi";
import type { MoveRecord } from "@nomad/protocol/http";
import type { HostProcess } from "../host-process.ts";
import type { Observer } from "../observer.ts";
import { must } from "../violation.ts";
import type { World } from "../world.ts";
import type { OnePlace } from "./one-place.ts";

/** Invariant 10: a guest is lost when its host has died, and only then; its peers' queue pairs fail, and only those. */
export class Losses implements Observer {
  readonly #world: World;
  readonly #places: OnePlace;
  /** By guest: its last move that was decided, and where it is to run by that. */
  readonly #decided = new Map<string, { readonly move: string; readonly heir: HostProcess }>();
  readonly #failed = new Set<string>();

  constructor(world: World, places: OnePlace) {
    this.#world = world;
    this.#places = places;
  }

  phase(move: MoveRecord): void {
    if (move.phase !== "COMMITTED") return;
    this.#decided.set(move.guest, { move: move.id, heir: this.#world.hostProcess(move.to) });
  }

  /** Has the process died of the host where this guest runs, or (decided) is to run? */
  isDead(guest: string): boolean {
    const { vlid } = this.#world.central.directory.guest(guest);
    return [this.#places.place.get(vlid), this.#heir(guest)].some((host) => host?.process.alive === false);
  }

  /** Central is asked how the move ended: it may have died of the very write that ended it, and have told nobody. */
  #heir(guest: string): HostProcess | undefined {
    const decided = this.#decided.get(guest);
    if (!decided) return undefined;
    const { outcome } = this.#world.central.move(decided.move);
    return outcome === "aborted" || outcome === "released" ? undefined : decided.heir;
  }

  connectionFailed(own: string, peer: string, status: number): void {
    this.#failed.add(`${own}>${peer}`);
    must(
      10,
      this.isDead(peer) && status === WC_RETRY_EXC_ERR,
      () =>
        `the connection of ${own} with ${peer} failed with status ${status}, ${this.isDead(peer) ? "its host dead" : "which lives"}`,
    );
  }

  /** Has `own` been told by its adapter that `peer` is gone? */
  hasFailed(own: string, peer: string): boolean {
    return this.#failed.has(`${own}>${peer}`);
  }

  /** When central has had time to notice. */
  reported(guest: string): void {
    const { state } = this.#world.central.directory.guest(guest);
    if (state === "exited" || state === "failed") return;
    const dead = this.isDead(guest);
    must(10, dead === (state === "lost"), () => `${guest} is ${state}, and its host ${dead ? "has died" : "lives"}`);
  }
}
