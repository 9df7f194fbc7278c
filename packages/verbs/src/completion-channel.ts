import type { CompletionQueue } from "./completion-queue.ts";
import { EventQueue } from "./event-queue.ts";

/** Completion events of any number of queues: `for await (const cq of channel)`. A queue has one event for each `reqNotify`. */
export class CompletionChannel extends EventQueue<CompletionQueue> implements Disposable {
  [Symbol.dispose](): void {
    this.close();
  }
}
