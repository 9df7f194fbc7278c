import type { PeerName } from "@nomad/backend";
import type { Qpn, VQpn } from "@nomad/base";

export type Names = readonly (readonly [VQpn, Qpn])[];

/**
 * Numbers that queue pairs of moving guests will have, told by the hosts where they go while they are copied: so the pause
 * need not wait for them to be told. They mean nothing until RESUME_PEER, which comes with the move's token, says that they hold.
 */
export class Foretold {
  /** By move, and by who has said so. */
  readonly #names = new Map<string, Map<string, Map<VQpn, Qpn>>>();

  /** How many moves something is foretold of. */
  get size(): number {
    return this.#names.size;
  }

  learn(move: string, from: string, names: Names): void {
    const told = this.#names.get(move) ?? new Map<string, Map<VQpn, Qpn>>();
    const numbers = told.get(from) ?? new Map<VQpn, Qpn>();
    for (const [vqpn, qpn] of names) numbers.set(vqpn, qpn);
    this.#names.set(move, told.set(from, numbers));
  }

  /** What `from` has foretold, with what it says now; null when nothing was foretold. */
  with(move: string, from: string, now: readonly PeerName[]): PeerName[] | null {
    const told = this.#names.get(move)?.get(from);
    if (!told) return null;
    const names = new Map([...told].map(([vqpn, qpn]): [VQpn, PeerName] => [vqpn, { vqpn, qpn, resume: null }]));
    for (const name of now) names.set(name.vqpn, name);
    return [...names.values()];
  }

  /** What `from` has said of a move does not count any more. */
  withdraw(move: string, from: string): void {
    const told = this.#names.get(move);
    told?.delete(from);
    if (told?.size === 0) this.#names.delete(move);
  }

  /** The move has ended. */
  forget(move: string): void {
    this.#names.delete(move);
  }

  /** Nothing more comes of what this host has said: it is gone. */
  forgetHost(from: string): void {
    for (const move of this.#names.keys()) this.withdraw(move, from);
  }
}
