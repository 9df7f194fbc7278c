import { NomadError } from "@nomad/base";
import type { Answer, Request, Unnumbered } from "./message.ts";

export interface Outstanding {
  /** No answer is awaited any more; one that comes is ignored. */
  cancel(): void;
}

interface Entry {
  readonly to: string;
  readonly message: Request;
  readonly giveUpAt: number;
  resendAt: number;
  readonly onAnswer: (answer: Answer) => void;
  readonly onFail: (error: NomadError) => void;
}

/**
 * Requests under way: each is sent again until it is answered, its time is up or it is cancelled. No IO: `send` hands a
 * message to whoever owns the channel, `tick` looks at the time.
 */
export class Requests {
  readonly #send: (to: string, message: Request) => void;
  readonly #resendMs: number;
  readonly #entries = new Map<number, Entry>();
  #nextId = 1;

  constructor(send: (to: string, message: Request) => void, resendMs: number) {
    this.#send = send;
    this.#resendMs = resendMs;
  }

  /** How many are unanswered. */
  get size(): number {
    return this.#entries.size;
  }

  /** `timeoutMs` Infinity: until answered or cancelled. */
  ask(
    to: string,
    message: Unnumbered<Request>,
    o: {
      readonly now: number;
      readonly timeoutMs: number;
      readonly onAnswer: (answer: Answer) => void;
      readonly onFail: (error: NomadError) => void;
    },
  ): Outstanding {
    const id = this.#nextId++;
    const numbered = { ...message, id } as Request;
    const times = { giveUpAt: o.now + o.timeoutMs, resendAt: o.now + this.#resendMs };
    this.#entries.set(id, { to, message: numbered, ...times, onAnswer: o.onAnswer, onFail: o.onFail });
    this.#send(to, numbered);
    return { cancel: () => this.#entries.delete(id) };
  }

  /** An answer has come. A late or repeated one finds nothing and is ignored. */
  answered(from: string, answer: Answer): void {
    const entry = this.#entries.get(answer.re);
    if (entry?.to !== from) return;
    this.#entries.delete(answer.re);
    if (answer.kind === "FAILED") entry.onFail(new NomadError(answer.code, answer.message));
    else entry.onAnswer(answer);
  }

  /** The channel to `to` is up again: what is unanswered goes out again. */
  resend(to: string): void {
    for (const entry of this.#entries.values()) if (entry.to === to) this.#send(to, entry.message);
  }

  /** `to` will not answer: it is known to be dead. */
  fail(to: string, error: NomadError): void {
    for (const [id, entry] of [...this.#entries]) {
      if (entry.to !== to || !this.#entries.delete(id)) continue;
      entry.onFail(error);
    }
  }

  deadline(): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const { giveUpAt, resendAt } of this.#entries.values()) first = Math.min(first, giveUpAt, resendAt);
    return Number.isFinite(first) ? first : null;
  }

  tick(now: number): void {
    for (const [id, entry] of [...this.#entries]) {
      if (now >= entry.giveUpAt) {
        if (!this.#entries.delete(id)) continue;
        entry.onFail(new NomadError("E_TIMEOUT", `${entry.to} did not answer ${entry.message.kind} in time`));
      } else if (now >= entry.resendAt) {
        entry.resendAt = now + this.#resendMs;
        this.#send(entry.to, entry.message);
      }
    }
  }
}
