import { planted } from "@nomad/base";
import type { Answer, Request } from "./message.ts";

/**
 * Makes every request idempotent: it is executed once per sender and number, and a repeat gets the answer that the
 * first one got. `from` names one run of a process, for numbers start anew with each.
 */
export class Inbox {
  readonly #senders = new Map<string, Map<number, Answer | "working">>();
  readonly #keptMax: number;

  constructor(keptMax = 1024) {
    this.#keptMax = keptMax;
  }

  /** `new`: execute it. An answer: give it again. `working`: the first is still being executed. */
  receive(from: string, request: Request): "new" | "working" | Answer {
    const seen = this.#sender(from);
    const before = seen.get(request.id);
    if (before && !planted("forgetful-inbox")) return before;
    seen.set(request.id, "working");
    if (seen.size > this.#keptMax) seen.delete(seen.keys().next().value as number);
    return "new";
  }

  answered(from: string, answer: Answer): void {
    this.#sender(from).set(answer.re, answer);
  }

  forget(from: string): void {
    this.#senders.delete(from);
  }

  #sender(from: string): Map<number, Answer | "working"> {
    const seen = this.#senders.get(from) ?? new Map<number, Answer | "working">();
    this.#senders.set(from, seen);
    return seen;
  }
}
