import type { Psn, Qpn, VLid } from "@nomad/base";
import {
  aethSyndrome,
  bthAckRequest,
  bthOpcode,
  bthPsn,
  headerBytes,
  ICRC_BYTES,
  opcodes,
  psnDiff,
  RC_ACK,
  RC_ATOMIC_ACK,
  RC_READ_RESPONSE_LAST,
  RC_READ_RESPONSE_ONLY,
} from "@nomad/iba";

/** What is told as one number, ms; and for how many of these it is remembered: half a minute. */
export const binMs = 10;
const bins = 3_000;

/** A guest's traffic at this port by time. */
export interface GuestSeries {
  /** When the first bin begins, by the host's clock, ms. */
  readonly fromMs: number;
  readonly bytes: readonly number[];
  /** The longest from a request to what acknowledged it, ms; 0 where none was acknowledged. */
  readonly roundTripMs: readonly number[];
}

/** Guests that are measured at one time; of more, those that came first, until they have been silent for all that is remembered. */
const guestsMax = 256;

class Series {
  /** Which bin is where, counted from 1. */
  readonly #numbers = new Uint32Array(bins);
  readonly #bytes = new Float32Array(bins);
  readonly #roundTripMs = new Float32Array(bins);
  #latestMs = 0;

  add(atMs: number, bytes: number, roundTripMs: number): void {
    const number = numberOf(atMs);
    const at = number % bins;
    if (this.#numbers[at] !== number) {
      this.#numbers[at] = number;
      this.#bytes[at] = 0;
      this.#roundTripMs[at] = 0;
    }
    (this.#bytes[at] as number) += bytes;
    if (roundTripMs > (this.#roundTripMs[at] as number)) this.#roundTripMs[at] = roundTripMs;
    this.#latestMs = atMs;
  }

  isSilent(now: number): boolean {
    return now - this.#latestMs > bins * binMs;
  }

  /** Of this time what is not forgotten. */
  between(fromMs: number, untilMs: number, now: number): GuestSeries {
    const last = numberOf(Math.min(untilMs, now));
    const first = Math.max(1, numberOf(now) - bins + 1, numberOf(Math.max(0, fromMs)));
    const numbers = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
    const read = (from: Float32Array) =>
      numbers.map((number) => (this.#numbers[number % bins] === number ? (from[number % bins] as number) : 0));
    return { fromMs: (first - 1) * binMs, bytes: read(this.#bytes), roundTripMs: read(this.#roundTripMs) };
  }
}

const numberOf = (atMs: number): number => 1 + Math.floor(atMs / binMs);

/** A queue pair: one of its requests at a time is waited for. */
interface Flow {
  /** Null: its guest is one too many. */
  readonly series: Series | null;
  waitingFor: Psn | null;
  sentAt: number;
}

const acknowledges = new Set<number>([RC_ACK, RC_ATOMIC_ACK, RC_READ_RESPONSE_LAST, RC_READ_RESPONSE_ONLY]);
/** Of a syndrome: the bits that are zero in an ACK (IBA 9.7.5.2). */
const negative = 0x60;
const flowsMax = 65_536;

/** How many bytes the guests of a host exchange, and how long their requests take, always measured. */
export class TrafficRecorder {
  readonly #guests = new Map<VLid, Series>();
  readonly #flows = new Map<Qpn, Flow>();

  /** A packet of this guest's queue pair passes. */
  see(
    direction: "in" | "out",
    bytes: Uint8Array,
    offset: number,
    length: number,
    own: Qpn,
    vlid: VLid,
    atMs: number,
  ): void {
    const opcode = length < headerBytes.bth ? undefined : opcodes[bthOpcode(bytes, offset)];
    if (opcode === undefined) return;
    const flow = this.#flows.get(own) ?? this.#newFlow(own, vlid, atMs);
    if (flow.series === null) return;
    let roundTripMs = 0;
    if (direction === "in") {
      if (acknowledges.has(opcode.code)) roundTripMs = answered(flow, bytes, offset, opcode.at.aeth, atMs);
    } else if (flow.waitingFor === null && bthAckRequest(bytes, offset)) {
      flow.waitingFor = bthPsn(bytes, offset);
      flow.sentAt = atMs;
    }
    flow.series.add(atMs, Math.max(0, length - opcode.headerBytes - ICRC_BYTES), roundTripMs);
  }

  #newFlow(own: Qpn, vlid: VLid, now: number): Flow {
    if (this.#flows.size === flowsMax) this.#flows.clear();
    const flow = { series: this.#seriesOf(vlid, now), waitingFor: null, sentAt: 0 };
    this.#flows.set(own, flow);
    return flow;
  }

  #seriesOf(vlid: VLid, now: number): Series | null {
    const known = this.#guests.get(vlid);
    if (known) return known;
    if (this.#guests.size === guestsMax) {
      const silent = [...this.#guests].find(([, series]) => series.isSilent(now));
      if (silent === undefined) return null;
      this.#guests.delete(silent[0]);
    }
    const series = new Series();
    this.#guests.set(vlid, series);
    return series;
  }

  /** What a guest's queue pairs here did in this time; null when nothing is known of it. */
  of(vlid: VLid, fromMs: number, untilMs: number, now: number): GuestSeries | null {
    return this.#guests.get(vlid)?.between(fromMs, untilMs, now) ?? null;
  }
}

/** How long the request took that was waited for, if this acknowledges it; 0 if not. A NAK acknowledges nothing. */
function answered(flow: Flow, bytes: Uint8Array, offset: number, aeth: number | undefined, atMs: number): number {
  const { waitingFor } = flow;
  if (waitingFor === null || psnDiff(bthPsn(bytes, offset), waitingFor) < 0) return 0;
  if (aeth !== undefined && (aethSyndrome(bytes, offset + aeth) & negative) !== 0) return 0;
  flow.waitingFor = null;
  return atMs - flow.sentAt;
}
