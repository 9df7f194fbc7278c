import type { MoveTraffic } from "@nomad/protocol/http";

/** What one host has measured; `fromMs` since 1970. */
export interface SeenTraffic {
  readonly fromMs: number;
  readonly binMs: number;
  readonly bytes: readonly number[];
  readonly roundTripMs: readonly number[];
}

const usualBinMs = 10;

/** What the hosts of a move have measured as one series: bytes together, of round trips the longest. `startedAt`: since 1970, ms. */
export function merge(hosts: readonly SeenTraffic[], startedAt: number): MoveTraffic {
  const told = hosts.filter(({ bytes }) => bytes.length > 0);
  const binMs = told[0]?.binMs ?? usualBinMs;
  const fromMs = Math.min(...told.map((host) => host.fromMs));
  const untilMs = Math.max(...told.map((host) => host.fromMs + host.bytes.length * binMs));
  if (told.length === 0) return { binMs, fromMs: 0, bytes: [], roundTripMs: [] };
  const count = Math.ceil((untilMs - fromMs) / binMs);
  const [bytes, roundTripMs] = [new Array<number>(count).fill(0), new Array<number>(count).fill(0)];
  for (const host of told) {
    // Their clocks begin at moments of their own, so do their bins.
    const first = Math.floor((host.fromMs - fromMs) / binMs);
    for (const [i, seen] of host.bytes.entries()) bytes[first + i] = (bytes[first + i] ?? 0) + seen;
    for (const [i, ms] of host.roundTripMs.entries())
      roundTripMs[first + i] = Math.max(roundTripMs[first + i] ?? 0, ms);
  }
  return { binMs, fromMs: fromMs - startedAt, bytes, roundTripMs: roundTripMs.map(rounded) };
}

const rounded = (ms: number): number => Math.round(ms * 1000) / 1000;
