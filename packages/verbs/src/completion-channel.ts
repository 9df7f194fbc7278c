import { NomadError } from "@nomad/base";
import type { CompletionChannel as Events } from "@nomad/hca";
import type { CompletionQueue } from "./completion-queue.ts";
import type { Context } from "./context.ts";

/** Completion events of any number of queues. A queue has one event for each `reqNotify` that came true. */
export class CompletionChannel implements Disposable, AsyncIterable<CompletionQueue> {
  /** The adapter's part of it. @internal */
  readonly events: Events;
  readonly #context: Context;
  #waiting: (() => void)[] = [];

  constructor(context: Context) {
    this.#context = context;
    this.events = context.hca.createCompletionChannel();
    this.events.onEvent = () => this.wake();
  }

  /** The queue of the oldest event, or null when there is none now. Acknowledge it: a queue with events that are not stays. */
  getEvent(): CompletionQueue | null {
    const cqn = this.events.getEvent();
    return cqn === null ? null : this.#context.completionQueue(cqn);
  }

  /** @throws NomadError E_VERB when fewer are to be acknowledged. */
  ackEvents(cq: CompletionQueue, count = 1): void {
    this.events.ackEvents(cq.cqn, count);
  }

  /** Waits for an event. Rejects with E_STATE when the context is closed. */
  async nextEvent(): Promise<CompletionQueue> {
    for (;;) {
      const cq = this.getEvent();
      if (cq !== null) return cq;
      if (this.#context.closed) throw new NomadError("E_STATE", "the context is closed");
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The queues of events as they come, each acknowledged; ends with the context. */
  async *[Symbol.asyncIterator](): AsyncGenerator<CompletionQueue, void> {
    while (!this.#context.closed) {
      const cq = await this.nextEvent().catch((error: unknown) => {
        if (!this.#context.closed) throw error;
      });
      if (!cq) return;
      this.ackEvents(cq);
      yield cq;
    }
  }

  /** @throws NomadError E_BUSY while queues are on it. */
  destroy(): void {
    if (!this.#context.closed) this.#context.hca.destroyCompletionChannel(this.events);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** @internal */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
