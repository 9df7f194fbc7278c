import { psnDiff, psn as psnOf } from "@nomad/iba";
import type { PacketLine } from "./packet.ts";

/** What is drawn as one point, ms. */
export const binMs = 20;

/** A guest's packets in time: of each `binMs` from the first packet on. */
export interface PacketSeries {
  /** Since the first packet, ms. */
  readonly times: number[];
  readonly bytesPerSecond: number[];
  /** From a request's last packet to what acknowledges it, the longest that ended then, ms; null where none did. */
  readonly roundTripMs: (number | null)[];
}

/** A request packet that asks for an acknowledgement and has none yet. */
interface Waiting {
  readonly psn: number;
  readonly atMs: number;
}

/** Is the one of these PSNs the other, or behind it? */
const isReached = (psn: number, by: number): boolean => psnDiff(psnOf(by), psnOf(psn)) >= 0;

const answers = /Acknowledge|READ Response (Last|Only)/;

/** `packets` by time. Both directions count as throughput; round trips are those of the guest's own requests. */
export function packetSeries(packets: readonly PacketLine[]): PacketSeries {
  const first = packets[0]?.atMs ?? 0;
  const bins = packets.length === 0 ? 0 : 1 + Math.floor(((packets.at(-1)?.atMs ?? first) - first) / binMs);
  const times = Array.from({ length: bins }, (_, i) => i * binMs);
  const bytesPerSecond = times.map(() => 0);
  const roundTripMs: (number | null)[] = times.map(() => null);
  const trips = new RoundTrips();
  for (const packet of packets) {
    const bin = Math.floor((packet.atMs - first) / binMs);
    bytesPerSecond[bin] = (bytesPerSecond[bin] ?? 0) + (packet.payloadBytes * 1000) / binMs;
    const ms = trips.take(packet);
    if (ms !== null) roundTripMs[bin] = Math.max(roundTripMs[bin] ?? 0, ms);
  }
  return { times, bytesPerSecond, roundTripMs };
}

/** Finds for each acknowledgement the oldest request that it acknowledges. */
class RoundTrips {
  /** By who speaks to whom, in the order of PSNs. */
  readonly #waiting = new Map<string, Waiting[]>();

  /** The longest round trip that this packet ends, ms; null when it ends none. */
  take({ direction, opcode, flags, psn, atMs, who, syndrome }: PacketLine): number | null {
    if (direction === "out" && flags.includes("A")) {
      const waiting = this.#waiting.get(who) ?? [];
      // What is sent again was sent first when it was sent first.
      if (!waiting.some((one) => one.psn === psn)) waiting.push({ psn, atMs });
      this.#waiting.set(who, waiting);
      return null;
    }
    if (direction !== "in" || !answers.test(opcode) || syndrome.includes("NAK")) return null;
    const waiting = this.#waiting.get(who.split(" > ").reverse().join(" > ")) ?? [];
    const done = waiting.filter((one) => isReached(one.psn, psn));
    waiting.splice(0, waiting.length, ...waiting.filter((one) => !isReached(one.psn, psn)));
    return done.length === 0 ? null : Math.max(...done.map((one) => atMs - one.atMs));
  }
}
