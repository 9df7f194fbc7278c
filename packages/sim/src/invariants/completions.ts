import { must } from "../violation.ts";

interface Posted {
  readonly id: bigint;
  readonly opcode: number;
}

/** Invariant 3, and 5 for the queue pair's number: completions are those of what was posted, one each, in order. */
export class Completions {
  readonly #queues = new Map<string, Posted[]>();

  #queue(of: string): Posted[] {
    const queue = this.#queues.get(of) ?? [];
    this.#queues.set(of, queue);
    return queue;
  }

  /** `of` names a send queue; `opcode` is that of the completion to come. */
  posted(of: string, id: bigint, opcode: number): void {
    this.#queue(of).push({ id, opcode });
  }

  completed(of: string, wc: { readonly id: bigint; readonly opcode: number; readonly ok: boolean }): void {
    const next = this.#queue(of).shift();
    must(3, next !== undefined, () => `${of}: work request ${wc.id} completed, and nothing was posted`);
    must(3, next?.id === wc.id, () => `${of}: work request ${wc.id} completed when ${next?.id} was due`);
    must(3, !wc.ok || next?.opcode === wc.opcode, () => `${of}: work request ${wc.id} completed as another operation`);
  }

  /** A completion names the queue pair by the number that the program was given. */
  named(of: string, given: number, found: number): void {
    must(5, given === found, () => `${of} is queue pair ${given}, a completion names ${found}`);
  }
}
