import type { GuestReport } from "@nomad/protocol/http";

/** A connection between two guests, with what both programs told of it last. */
export interface Connection {
  readonly a: string;
  readonly b: string;
  /** `ok`, or the status that broke it. */
  status: string;
  /** Of both directions, by the counts of the programs. */
  bytesPerSecond: number;
  messagesPerSecond: number;
}

interface Told {
  readonly at: number;
  readonly bytes: number;
  readonly sent: number;
}

/** A connection of which nothing has been heard for so long moves nothing, ms. */
const staleMs = 5_000;

export const connectionKey = (one: string, other: string): string => [one, other].sort().join("\n");

/** Rates of connections out of the sums that programs report now and then. */
export class Rates {
  readonly connections = new Map<string, Connection>();
  readonly #told = new Map<string, Told>();
  readonly #sides = new Map<string, { readonly at: number; readonly bytes: number; readonly messages: number }>();

  /** `now`: ms. */
  take(guest: string, report: GuestReport, now: number): void {
    for (const { peer, status, bytes, sent } of report.connections) {
      const side = `${guest}\n${peer}`;
      const before = this.#told.get(side);
      this.#told.set(side, { at: now, bytes, sent });
      const seconds = before ? (now - before.at) / 1000 : 0;
      // A program that begins anew counts from nothing again.
      if (before && seconds > 0 && bytes >= before.bytes && sent >= before.sent) {
        const rate = { bytes: (bytes - before.bytes) / seconds, messages: (sent - before.sent) / seconds };
        this.#sides.set(side, { at: now, ...rate });
      }
      this.#join(guest, peer, status, now);
    }
  }

  #join(guest: string, peer: string, status: string, now: number): void {
    const key = connectionKey(guest, peer);
    const [a, b] = key.split("\n") as [string, string];
    const sides = [this.#sides.get(`${a}\n${b}`), this.#sides.get(`${b}\n${a}`)].filter(
      (side) => side !== undefined && now - side.at < staleMs,
    );
    const sum = (of: "bytes" | "messages") => sides.reduce((total, side) => total + (side?.[of] ?? 0), 0);
    this.connections.set(key, { a, b, status, bytesPerSecond: sum("bytes"), messagesPerSecond: sum("messages") });
  }

  /** A guest that is gone has no connections. */
  forget(guest: string): void {
    for (const [key, { a, b }] of this.connections) {
      if (a !== guest && b !== guest) continue;
      this.connections.delete(key);
      for (const side of [`${a}\n${b}`, `${b}\n${a}`]) {
        this.#told.delete(side);
        this.#sides.delete(side);
      }
    }
  }

  /** Of all connections together, bytes a second. */
  total(): number {
    let total = 0;
    for (const { bytesPerSecond } of this.connections.values()) total += bytesPerSecond;
    return total;
  }
}
