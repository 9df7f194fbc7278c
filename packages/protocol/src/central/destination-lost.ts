import { NomadError, planted } from "@nomad/base";
import type { Answer, AnswerOf } from "../message.ts";
import type { CentralContext } from "./context.ts";
import { type GuestRecord, isAlive } from "./directory.ts";
import type { Drive } from "./drive.ts";
import type { LabGuests } from "./guests.ts";
import type { Move } from "./move.ts";
import { resumePeersOfLost } from "./peers-of-lost.ts";

/** A move is decided, and its destination is dead: the guest goes back to its source, or is lost. */
export class DestinationLost {
  readonly #central: CentralContext;
  readonly #guests: LabGuests;
  readonly #drive: Drive;

  constructor(central: CentralContext, guests: LabGuests, drive: Drive) {
    this.#central = central;
    this.#guests = guests;
    this.#drive = drive;
  }

  /**
   * Decided, and dead before it said that the guest runs. All hosts fence it; if none of them, nor central, has seen
   * anything of the guest's new life, the guest goes back to its source, which still has its copy.
   */
  beforeRunning(move: Move): void {
    this.#drive.abandon(move);
    const { directory, generation, timings } = this.#central;
    const asked = [...directory.hosts.values()].filter(({ state }) => state !== "lost");
    let waiting = asked.length;
    let seen = directory.isLost(move.record.from);
    const one = (sawIt: boolean) => {
      seen ||= sawIt;
      waiting--;
      if (waiting === 0) this.#fenced(move, seen);
    };
    if (planted("forgotten-fence")) return this.#fenced(move, false);
    if (waiting === 0) return this.#fenced(move, true);
    const fence = { kind: "FENCE" as const, move: move.record.id, vlid: move.vlid, generation, host: move.record.to };
    for (const { name } of asked) {
      // A source that was started again meanwhile has no copy to go back to.
      const noWayBack = ({ seen, holds }: AnswerOf<"FENCED">) => seen || (name === move.record.from && !holds);
      const onAnswer = (answer: Answer) => one(answer.kind !== "FENCED" || noWayBack(answer));
      this.#central.ask(name, fence, { timeoutMs: timings.controlRequestMs, onAnswer, onFail: () => one(true) });
    }
  }

  #fenced(move: Move, seen: boolean): void {
    if (move.phase !== "COMMITTED") return;
    const { directory } = this.#central;
    const { from, to } = move.record;
    if (seen || move.heardOfDestination || directory.isLost(from)) return this.afterRunning(move);
    const guest = directory.guest(move.record.guest);
    const error = new NomadError("E_HOST_LOST", `host ${to} was lost before guest ${guest.name} ran there`);
    const owner: GuestRecord = { ...guest, host: from, epoch: move.epoch + 1, state: "moving", error: null };
    this.#central.journalDecision(move, "aborting", owner, () => {
      Object.assign(guest, { host: from, state: "moving", error: null });
      this.#drive.undo(move, error);
    });
  }

  /** It ran there, or may have: nobody may start a second copy, and the guest is gone. */
  afterRunning(move: Move): void {
    this.#drive.abandon(move);
    const guest = this.#central.directory.guest(move.record.guest);
    if (isAlive(guest)) this.#guests.lost(guest);
    resumePeersOfLost(this.#central, move);
    this.#drive.advance(move, "peers-resumed");
  }
}
