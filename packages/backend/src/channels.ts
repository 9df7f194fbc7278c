import type { DeviceMemory } from "@nomad/hca";

/**
 * Completion channels: a word in guest memory that is raised with each event of any of its queues. Which queue it was, the
 * queues' own counts of events tell, so that none is lost or has to be carried by a move.
 */
export class Channels {
  readonly #words = new Map<number, { readonly memory: DeviceMemory; readonly channel: number }>();

  join(cqn: number, memory: DeviceMemory, channel: number): void {
    if (channel !== 0) this.#words.set(cqn, { memory, channel });
  }

  leave(cqn: number): void {
    this.#words.delete(cqn);
  }

  /** The adapter has raised an event of this queue. */
  raise(cqn: number): void {
    const word = this.#words.get(cqn);
    if (word === undefined) return;
    Atomics.add(word.memory.words, word.channel >> 2, 1);
    Atomics.notify(word.memory.words, word.channel >> 2);
  }
}
