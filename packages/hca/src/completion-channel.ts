import { assert, NomadError } from "@nomad/base";

/**
 * Completion events of any number of completion queues, in order (ibv_comp_channel). Made by `Hca.createCompletionChannel`.
 * `onEvent` is called with each, inside the adapter: it must not call back into it.
 */
export class CompletionChannel {
  onEvent: () => void = () => {};
  readonly #pending: number[] = [];
  /** Events got and not acknowledged, by completion queue; an entry for each that is on the channel. */
  readonly #unacked = new Map<number, number>();

  /** Completion queues on the channel. */
  get queues(): number {
    return this.#unacked.size;
  }

  /** The completion queue of the oldest event, or null when there is none (ibv_get_cq_event). Acknowledge it later. */
  getEvent(): number | null {
    const cqn = this.#pending.shift();
    if (cqn === undefined) return null;
    this.#unacked.set(cqn, this.unacked(cqn) + 1);
    return cqn;
  }

  /** @throws NomadError E_VERB when fewer events of the queue are to be acknowledged. */
  ackEvents(cqn: number, count: number): void {
    const unacked = this.unacked(cqn);
    if (!Number.isInteger(count) || count < 0 || count > unacked) {
      throw new NomadError("E_VERB", `completion queue ${cqn} has ${unacked} events to acknowledge, not ${count}`);
    }
    if (count > 0) this.#unacked.set(cqn, unacked - count);
  }

  unacked(cqn: number): number {
    return this.#unacked.get(cqn) ?? 0;
  }

  /** The adapter's part: the queue is on this channel from now on. */
  join(cqn: number): void {
    this.#unacked.set(cqn, 0);
  }

  /** The adapter's part: the queue has a completion. */
  raise(cqn: number): void {
    assert(this.#unacked.has(cqn), "only a queue on the channel raises events there");
    this.#pending.push(cqn);
    this.onEvent();
  }

  /**
   * The adapter's part: the queue is destroyed, and its events that nobody has got are gone.
   * @throws NomadError E_BUSY while events of it are not acknowledged.
   */
  leave(cqn: number): void {
    if (this.unacked(cqn) > 0) {
      throw new NomadError("E_BUSY", `completion queue ${cqn} has ${this.unacked(cqn)} events to acknowledge`);
    }
    this.#unacked.delete(cqn);
    const kept = this.#pending.filter((pending) => pending !== cqn);
    this.#pending.splice(0, Infinity, ...kept);
  }
}
