import type { Clock } from "@nomad/base";
import type { CompletionQueue, Context, WorkCompletion } from "@nomad/verbs";

export interface LabOptions {
  /** Contexts, each linked to each other. Default 2. */
  readonly contexts?: number;
  /** Memory of each context. Default 4 MiB. */
  readonly heapBytes?: number;
}

/** Where a test happens: contexts on one fabric, in memory under virtual time, or over WebSockets. */
export abstract class Lab implements AsyncDisposable {
  abstract readonly contexts: readonly Context[];
  protected abstract readonly clock: Clock;
  /** So long, ms, that whatever is under way has arrived. */
  protected abstract readonly calmMs: number;

  /** Lets time pass until `work` is settled. */
  abstract until<T>(work: Promise<T>): Promise<T>;

  abstract [Symbol.asyncDispose](): Promise<void>;

  /** The context with this index. */
  context(index: number): Context {
    const context = this.contexts[index];
    if (context === undefined) throw new Error(`the lab has ${this.contexts.length} contexts`);
    return context;
  }

  /** The next completions of a queue, as many as are asked for, as they come. */
  async completions(cq: CompletionQueue, count: number): Promise<WorkCompletion[]> {
    const all: WorkCompletion[] = [];
    while (all.length < count) {
      all.push(...cq.poll(count - all.length));
      if (all.length < count) await this.until(cq.wait());
    }
    return all;
  }

  /** The next completion of a queue. */
  async completion(cq: CompletionQueue): Promise<WorkCompletion> {
    return (await this.completions(cq, 1))[0] as WorkCompletion;
  }

  /** Lets so much time pass that what is under way has arrived: what has not happened then does not happen. */
  calm(): Promise<void> {
    return this.until(new Promise((resolve) => this.clock.after(this.calmMs, resolve)));
  }
}
