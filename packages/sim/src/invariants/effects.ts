import { must } from "../violation.ts";

/** Invariant 2: RDMA writes are there when they were announced, and never again; atomics add once each. */
export class Effects {
  readonly #additions = new Map<string, number>();
  readonly #totals = new Map<string, bigint>();

  /** Data that a message announced: it must be there. */
  written(from: string, to: string, number: number, intact: boolean): void {
    must(2, intact, () => `write ${number} of ${from} has not taken effect at ${to}`);
  }

  /** The reader has marked a slot as read, and nobody may write to it yet: a write that comes again would. */
  kept(from: string, to: string, number: number, marked: boolean): void {
    must(2, marked, () => `write ${number} of ${from} took effect at ${to} a second time`);
  }

  /** An atomic completed, and found this value: it must be the number of those before it. */
  added(from: string, to: string, found: bigint): void {
    const key = `${from}>${to}`;
    const before = this.#additions.get(key) ?? 0;
    must(
      2,
      found === BigInt(before),
      () => `an atomic of ${from} at ${to} found ${found} additions instead of ${before}`,
    );
    this.#additions.set(key, before + 1);
  }

  /** The counter at the end of a connection. */
  counted(from: string, to: string, value: bigint): void {
    this.#totals.set(`${from}>${to}`, value);
  }

  /** When both ends have seen all of it. */
  checkTotals(): void {
    for (const [direction, value] of this.#totals) {
      const added = this.#additions.get(direction) ?? 0;
      must(2, value === BigInt(added), () => `${direction}: ${added} atomics completed, ${value} took effect`);
    }
  }

  /** What an RDMA read brought must be what stood there. */
  read(from: string, to: string, intact: boolean): void {
    must(2, intact, () => `a read by ${to} from ${from} completed without its data`);
  }
}
