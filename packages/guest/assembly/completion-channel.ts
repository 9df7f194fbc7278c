import { CompletionQueue } from "./completion-queue.ts";
import { allocate } from "./memory.ts";
import { clock, wait } from "./vmm.ts";

/** ibv_comp_channel: one place to wait for events of several completion queues. */
@final
export class CompletionChannel {
  /** The word that the host raises with each event. */
  readonly word: u32 = allocate(4);
  private readonly queues: CompletionQueue[] = [];
  private next: i32 = 0;

  /** A queue on this channel; null when the back-end refuses. */
  createQueue(entries: u32): CompletionQueue | null {
    const queue = CompletionQueue.create(entries, this.word);
    if (queue !== null) this.queues.push(queue);
    return queue;
  }

  /** ibv_get_cq_event: a queue that had an event, or null after `timeout` nanoseconds (< 0: waits for ever). Arm it again. */
  getEvent(timeout: i64): CompletionQueue | null {
    const deadline = clock() + timeout;
    while (true) {
      const seen = atomic.load<i32>(this.word);
      const queue = this.take();
      if (queue !== null) return queue;
      const left = deadline - clock();
      if (timeout >= 0 && left <= 0) return null;
      wait(this.word, seen, timeout < 0 ? -1 : left);
    }
  }

  /** In turn, so that a busy queue does not hide the others. */
  private take(): CompletionQueue | null {
    const count = this.queues.length;
    for (let i = 0; i < count; i++) {
      const at = (this.next + i) % count;
      const queue = this.queues[at];
      if (!queue.takeEvent()) continue;
      this.next = at + 1;
      return queue;
    }
    return null;
  }
}
