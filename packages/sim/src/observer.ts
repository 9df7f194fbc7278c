import type { FaultKind, VLid } from "@nomad/base";
import type { BulkAction, CentralEffect, Message, VmmAction } from "@nomad/protocol";
import type { MoveRecord } from "@nomad/protocol/http";
import type { HostProcess } from "./host-process.ts";

/** Sees what happens in a world as it happens; invariants, traces and coverage are observers. */
export interface Observer {
  /** A control message is sent, and this becomes of it. */
  control?(from: string, to: string, message: Message, fate: FaultKind): void;
  /** A host is about to take a control message. */
  receives?(at: HostProcess, message: Message): void;
  phase?(move: MoveRecord): void;
  /** A host's cores ask for this; it has not happened yet. */
  vmm?(at: HostProcess, vlid: VLid, action: VmmAction): void;
  bulk?(at: HostProcess, move: string, action: BulkAction): void;
  /** A guest's program is about to run for a moment. */
  step?(at: HostProcess, vlid: VLid): void;
  central?(effect: CentralEffect): void;
  /** A process crashed, was started, or suffers a fault that is not a message's. */
  happened?(what: string): void;
}

/** Several as one. */
export class Observers implements Required<Observer> {
  readonly #all: Observer[] = [];

  add(observer: Observer): void {
    this.#all.push(observer);
  }

  control(from: string, to: string, message: Message, fate: FaultKind): void {
    for (const o of this.#all) o.control?.(from, to, message, fate);
  }

  receives(at: HostProcess, message: Message): void {
    for (const o of this.#all) o.receives?.(at, message);
  }

  phase(move: MoveRecord): void {
    for (const o of this.#all) o.phase?.(move);
  }

  vmm(at: HostProcess, vlid: VLid, action: VmmAction): void {
    for (const o of this.#all) o.vmm?.(at, vlid, action);
  }

  bulk(at: HostProcess, move: string, action: BulkAction): void {
    for (const o of this.#all) o.bulk?.(at, move, action);
  }

  step(at: HostProcess, vlid: VLid): void {
    for (const o of this.#all) o.step?.(at, vlid);
  }

  central(effect: CentralEffect): void {
    for (const o of this.#all) o.central?.(effect);
  }

  happened(what: string): void {
    for (const o of this.#all) o.happened?.(what);
  }
}

/** Moves under way, as central tells of them. */
export class MovesUnderWay implements Observer {
  readonly #open = new Map<string, MoveRecord>();

  phase(move: MoveRecord): void {
    if (move.outcome === "") this.#open.set(move.id, move);
    else this.#open.delete(move.id);
  }

  /** A new central tells anew of the moves that it knows. */
  happened(what: string): void {
    if (what === "central starts") this.#open.clear();
  }

  get all(): readonly MoveRecord[] {
    return [...this.#open.values()];
  }
}
