import {
  CQ_ARM_ANY,
  CQ_ARM_SOLICITED,
  CQE_BYTES,
  QUEUE_ARM,
  QUEUE_CONSUMER,
  QUEUE_OVERRUN,
  QUEUE_PRODUCER,
} from "@nomad/abi";
import { NomadError } from "@nomad/base";
import { completionQueueBytes, locationAt } from "@nomad/hca/queues";
import type { CompletionChannel } from "./completion-channel.ts";
import type { Context } from "./context.ts";
import { HeapBlock } from "./heap.ts";
import { powerOfTwo } from "./power-of-two.ts";
import { userIndexAt, WorkCompletion } from "./work-completion.ts";

export interface CompletionQueueOptions {
  /** Completions that it can hold; rounded up to a power of two. One more overruns it, which is fatal to its queue pairs. */
  readonly entries: number;
  /** Where its completion events go as well. */
  readonly channel?: CompletionChannel;
  /** Which of the context's completion vectors its events come by: 0, for there is one. */
  readonly compVector?: number;
}

const pollMax = 16;

/** A completion queue: poll it, wait for it, or iterate: `for await (const wc of cq)`. */
export class CompletionQueue implements Disposable, AsyncIterable<WorkCompletion> {
  readonly cqn: number;
  readonly channel: CompletionChannel | null;
  readonly #context: Context;
  #entries: number;
  #buffer: DisposableStack;
  readonly #view: DataView;
  readonly #words: Int32Array;
  #record: number;
  #ring: number;
  #waiting: (() => void)[] = [];
  #ended = false;
  #destroyed = false;

  constructor(context: Context, options: CompletionQueueOptions) {
    checkOptions(context, options);
    this.#context = context;
    this.channel = options.channel ?? null;
    this.#entries = powerOfTwo(options.entries);
    const { memory } = context.heap;
    using undo = new DisposableStack();
    const buffer = undo.use(new HeapBlock(context.heap, completionQueueBytes(this.entries)));
    const location = locationAt(buffer.address, this.entries);
    this.#view = memory.view;
    this.#words = memory.words;
    this.#record = location.record;
    this.#ring = location.ring;
    this.cqn = context.hca.createCq({ memory, location, ...(options.channel && { channel: options.channel.events }) });
    this.#buffer = undo.move();
  }

  /** Takes the oldest completions, at most `max`. */
  poll(max: number = pollMax): WorkCompletion[] {
    const completions = Array.from({ length: Math.min(max, this.#pending()) }, () => new WorkCompletion());
    this.pollInto(completions);
    return completions;
  }

  /** Takes the oldest completions into those of `into`, and returns how many they are: nothing is allocated. */
  pollInto(into: readonly WorkCompletion[]): number {
    const count = Math.min(into.length, this.#pending());
    if (count === 0) return 0;
    const consumer = this.#load(QUEUE_CONSUMER);
    for (let i = 0; i < count; i++) {
      const at = this.#address(consumer + i);
      const qp = this.#context.queuePair(userIndexAt(this.#view, at));
      (into[i] as WorkCompletion).load(this.#view, at, qp?.qpn ?? 0);
    }
    this.#store(QUEUE_CONSUMER, consumer + count);
    return count;
  }

  /**
   * Asks for one completion event: at the next completion, or at the next that is solicited or an error.
   * @throws NomadError E_VERB when it is destroyed.
   */
  reqNotify(kind: "any" | "solicited" = "any"): void {
    if (this.#destroyed) throw new NomadError("E_VERB", "the completion queue is destroyed");
    // What was asked for before is never narrowed (ibv_req_notify_cq).
    if (kind === "any") this.#store(QUEUE_ARM, CQ_ARM_ANY);
    else if (this.#load(QUEUE_ARM) !== CQ_ARM_ANY) this.#store(QUEUE_ARM, CQ_ARM_SOLICITED);
  }

  /**
   * Waits until there is something to poll. Rejects with E_STATE when the queue has overrun and is empty, or when it is
   * destroyed or its context closed.
   */
  async wait(): Promise<void> {
    while (this.#pending() === 0) {
      if (this.#ended) throw new NomadError("E_STATE", "the completion queue is destroyed");
      if (this.overrun) throw new NomadError("E_STATE", `the completion queue of ${this.entries} entries has overrun`);
      this.reqNotify();
      // One that came before the queue was armed has no event.
      if (this.#pending() > 0) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Completions as they come, until the queue is destroyed or its context closed. Throws E_STATE when it overruns. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WorkCompletion, void> {
    for (;;) {
      const [wc] = this.poll(1);
      if (wc !== undefined) yield wc;
      else if (this.#ended) return;
      else await this.wait().catch((error: unknown) => this.#unlessEnded(error));
    }
  }

  /** Completions that it can hold. */
  get entries(): number {
    return this.#entries;
  }

  /** Makes it larger or smaller; what is not polled stays. @throws NomadError E_VERB when that does not fit, E_NO_MEMORY */
  resize(entries: number): void {
    const rounded = powerOfTwo(entries);
    using undo = new DisposableStack();
    const buffer = undo.use(new HeapBlock(this.#context.heap, completionQueueBytes(rounded)));
    const location = locationAt(buffer.address, rounded);
    this.#context.hca.resizeCq(this.cqn, location);
    this.#buffer.dispose();
    this.#buffer = undo.move();
    this.#entries = rounded;
    this.#record = location.record;
    this.#ring = location.ring;
  }

  /** Completions were lost, since it was full: its queue pairs are in the error state. */
  get overrun(): boolean {
    return this.#load(QUEUE_OVERRUN) !== 0;
  }

  /** @throws NomadError E_BUSY while queue pairs complete here. */
  destroy(): void {
    if (this.#ended) return;
    this.#context.hca.destroyCq(this.cqn);
    this.#context.forgetCq(this);
    this.#destroyed = true;
    this.abandon();
    this.#buffer.dispose();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  // --- for its context ---

  /** @internal */
  completionEvent(): void {
    this.#wake();
  }

  /** Its context is closed. @internal */
  abandon(): void {
    this.#ended = true;
    this.#wake();
  }

  /** Takes out the completions of a queue pair that is destroyed: nobody could tell any more whose they are. @internal */
  removeOf(userIndex: number): void {
    const consumer = this.#load(QUEUE_CONSUMER);
    let kept = consumer + this.#pending();
    for (let index = kept - 1; index >= consumer; index--) {
      const at = this.#address(index);
      if (userIndexAt(this.#view, at) === userIndex) continue;
      kept--;
      if (kept !== index) this.#context.heap.memory.bytes.copyWithin(this.#address(kept), at, at + CQE_BYTES);
    }
    this.#store(QUEUE_CONSUMER, kept);
  }

  #unlessEnded(error: unknown): void {
    if (!this.#ended) throw error;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }

  /** The memory of a destroyed one may be another's by now. */
  #pending(): number {
    if (this.#destroyed) return 0;
    return (this.#load(QUEUE_PRODUCER) - this.#load(QUEUE_CONSUMER)) >>> 0;
  }

  #address(index: number): number {
    return this.#ring + (index & (this.entries - 1)) * CQE_BYTES;
  }

  #load(field: number): number {
    return Atomics.load(this.#words, (this.#record + field) >>> 2) >>> 0;
  }

  #store(field: number, value: number): void {
    Atomics.store(this.#words, (this.#record + field) >>> 2, value | 0);
  }
}

function checkOptions(context: Context, { entries, compVector = 0 }: CompletionQueueOptions): void {
  if (!Number.isInteger(entries) || entries < 1)
    throw new NomadError("E_VERB", `a completion queue of ${entries} entries`);
  if (!Number.isInteger(compVector) || compVector < 0 || compVector >= context.numCompVectors) {
    throw new NomadError("E_VERB", `no completion vector ${compVector}: there are ${context.numCompVectors}`);
  }
}
