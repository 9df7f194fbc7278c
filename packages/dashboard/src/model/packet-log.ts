import type { MoveRecord } from "@nomad/protocol/http";
import type { PacketLine } from "./packet.ts";
import { type PacketSeries, packetSeries } from "./packet-series.ts";

/** A moment of a move: it has reached a phase. */
export interface Mark {
  /** Since 1970, by central's clock, ms. */
  readonly atMs: number;
  readonly text: string;
}

export type LogRow =
  | { readonly kind: "packet"; readonly packet: PacketLine }
  | { readonly kind: "mark"; readonly mark: Mark }
  | { readonly kind: "left-out"; readonly count: number };

const packetsMax = 40_000;
/** Shown before and after each mark; and at the end, when there is none. */
const around = 6;
const latest = 40;

const byTime = (a: PacketLine, b: PacketLine): number => a.atMs - b.atMs;

/** The packets of a guest that passed last, and the moments of its moves among them. */
export class PacketLog {
  readonly guest: string;
  #packets: PacketLine[] = [];
  #qp: number | null = null;
  readonly #qps = new Set<number>();
  readonly #moves = new Map<string, MoveRecord>();
  /** What follows from the packets, until there are more. */
  #sorted: readonly PacketLine[] | null = null;
  #series: PacketSeries | null = null;

  constructor(guest: string) {
    this.guest = guest;
  }

  get packets(): number {
    return this.#packets.length;
  }

  /** The guest's queue pairs that were seen, by the numbers that its program knows. */
  get qps(): number[] {
    return [...this.#qps].sort((a, b) => a - b);
  }

  /** The queue pair whose packets are shown alone; null: those of all. */
  get qp(): number | null {
    return this.#qp;
  }

  set qp(qp: number | null) {
    this.#qp = qp;
    this.#forget();
  }

  #forget(): void {
    [this.#sorted, this.#series] = [null, null];
  }

  /** Of two hosts packets come in pieces, so not in order. */
  push(packets: readonly PacketLine[]): void {
    this.#forget();
    for (const { qp } of packets) if (qp !== null) this.#qps.add(qp);
    this.#packets.push(...packets);
    if (this.#packets.length > packetsMax) this.#packets = this.#packets.sort(byTime).slice(-packetsMax / 2);
  }

  /** A move of the guest, as far as it has come. */
  note(move: MoveRecord): void {
    this.#moves.set(move.id, move);
  }

  /** What was before the first packet is nowhere among them. */
  get #marks(): Mark[] {
    const marks = [...this.#moves.values()].flatMap(marksOf);
    return marks.filter(({ atMs }) => atMs >= this.startMs).sort((a, b) => a.atMs - b.atMs);
  }

  get #byTime(): readonly PacketLine[] {
    this.#sorted ??= this.#packets.filter(({ qp }) => this.#qp === null || qp === this.#qp).sort(byTime);
    return this.#sorted;
  }

  /** When the first packet was seen, ms since 1970; 0 before. */
  get startMs(): number {
    return this.#byTime[0]?.atMs ?? 0;
  }

  series(): PacketSeries {
    this.#series ??= packetSeries(this.#byTime);
    return this.#series;
  }

  /** When the last move's guest stood still: from its stop to its run elsewhere, ms since the first packet. */
  pause(): [from: number, to: number] | null {
    const marks = this.#marks;
    const at = (text: string) => marks.findLast((mark) => mark.text === text)?.atMs;
    const [from, to] = [at("peers-suspended"), at("running")];
    return from === undefined || to === undefined ? null : [from - this.startMs, to - this.startMs];
  }

  /** By time: what is near a mark, and how many packets are left out in between; without marks, the latest. */
  rows(): LogRow[] {
    const packets = this.#byTime;
    const marks = this.#marks;
    if (marks.length === 0) return withGaps(packets, marks, (i) => i >= packets.length - latest);
    const places = marks.map(({ atMs }) => placeOf(packets, atMs));
    const near = new Set(places.flatMap((at) => Array.from({ length: 2 * around }, (_, i) => at - around + i)));
    return withGaps(packets, marks, (i) => near.has(i));
  }
}

function marksOf({ startedAt, phases }: MoveRecord): Mark[] {
  let atMs = startedAt;
  return Object.entries(phases).map(([text, ms]) => {
    atMs += ms;
    return { atMs, text };
  });
}

/** The index of the first packet that is not before `atMs`. */
function placeOf(packets: readonly PacketLine[], atMs: number): number {
  let [low, high] = [0, packets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((packets[middle] as PacketLine).atMs < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withGaps(packets: readonly PacketLine[], marks: readonly Mark[], shown: (index: number) => boolean): LogRow[] {
  const rows: LogRow[] = [];
  let [leftOut, nextMark] = [0, 0];
  const close = () => {
    if (leftOut > 0) rows.push({ kind: "left-out", count: leftOut });
    leftOut = 0;
  };
  const marksUntil = (atMs: number) => {
    for (let mark = marks[nextMark]; mark && mark.atMs <= atMs; mark = marks[++nextMark]) {
      close();
      rows.push({ kind: "mark", mark });
    }
  };
  for (const [i, packet] of packets.entries()) {
    marksUntil(packet.atMs);
    if (shown(i)) {
      close();
      rows.push({ kind: "packet", packet });
    } else leftOut++;
  }
  marksUntil(Number.POSITIVE_INFINITY);
  close();
  return rows;
}
