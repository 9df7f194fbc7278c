import { median } from "@nomad/measure";
import type { TimeChart } from "../chart/chart.ts";
import type { LatencySeries, TimedMove } from "../evaluation.ts";
import { byteSize, short } from "../numbers.ts";
import { type Block, chartBlock, type Finding, text } from "../report/block.ts";
import type { Section } from "./section.ts";

/** What a program sees of a move: how long its round trips take meanwhile. */
export const latency: Section = {
  title: "Latency while a guest moves",
  blocks: ({ latency: series }) => (series ? [text(intro(series)), ...charts(series), table(series)] : null),
  findings: ({ latency: series }) => (series && series.moves.length > 0 ? [finding(series)] : []),
};

/** Of the time axis, before a move began and after it ended. */
const marginMs = 150;
/** What a program waits longer than its guest is paused: connections are held a little before and after. */
const overheadMsMax = 50;

const intro = ({ messageBytes, bucketMs, moves }: LatencySeries): string =>
  `Two guests on two hosts send ${byteSize(messageBytes)} to and fro, one message at a time. One of them moves, ${moves.length} times; ` +
  `the other measures every round trip (the clock of a guest stands still while it is stopped). Each dot is ${short(bucketMs)} ms; ` +
  "the chart is of the move with the middle pause.";

function charts(series: LatencySeries): Block[] {
  const moves = series.moves.toSorted((a, b) => a.pausedMs - b.pausedMs);
  const middle = moves[moves.length >> 1];
  return middle ? [chartBlock(chart(series, middle))] : [];
}

function chart({ buckets, bucketMs }: LatencySeries, move: TimedMove): TimeChart {
  const { from, to } = extent(move);
  const zero = move.reachedMs.stopped ?? from;
  const seen = buckets
    .map(([count, mean, longest], i) => ({ at: (i + 0.5) * bucketMs, count, mean, longest }))
    .filter(({ at, count }) => count > 0 && at >= from - marginMs && at <= to + marginMs);
  const span = (title: string, begin: number | undefined, end: number | undefined) =>
    begin === undefined || end === undefined ? [] : [{ title, from: begin - zero, to: end - zero }];
  return {
    kind: "time",
    name: "latency",
    title: "Round trips while the peer moves",
    alt: `Dots of round-trip times over time, with a gap of about ${short(move.pausedMs)} ms where the guest stands still.`,
    x: { title: "ms from the guest's stop" },
    y: { title: "round trip, us", log: true },
    series: [
      { name: "mean", points: seen.map(({ at, mean }) => [at - zero, mean] as const) },
      { name: "longest", points: seen.map(({ at, longest }) => [at - zero, longest] as const) },
    ],
    spans: [
      ...span("copying", move.reachedMs.prepared, move.reachedMs.precopy),
      ...span("pause", move.reachedMs["peers-suspended"], move.reachedMs.running),
    ],
  };
}

function extent(move: TimedMove): { from: number; to: number } {
  const times = Object.values(move.reachedMs);
  return { from: Math.min(...times), to: Math.max(...times) };
}

function table(series: LatencySeries): Block {
  const rows = series.moves.map((move, i) => {
    const { quietUs, copyingUs, longestMs } = seenDuring(series, move);
    return [String(i + 1), short(quietUs), short(copyingUs), short(longestMs), short(move.pausedMs)];
  });
  const head = ["move", "before it, us", "while it is copied, us", "longest round trip, ms", "paused, ms"];
  return { kind: "table", head, rows };
}

/** Medians of the buckets' means, and the longest round trip of all that ended from the move's begin on. */
function seenDuring({ buckets, bucketMs }: LatencySeries, move: TimedMove) {
  const { from, to } = extent(move);
  const means = (begin: number, end: number) =>
    buckets.flatMap(([count, mean], i) => (count > 0 && within(i * bucketMs, begin, end) ? [mean] : []));
  const longest = buckets.flatMap(([, , us], i) => (within(i * bucketMs, from, to + marginMs) ? [us] : []));
  return {
    quietUs: median(means(from - marginMs, from)),
    copyingUs: median(means(move.reachedMs.prepared ?? from, move.reachedMs.precopy ?? from)),
    longestMs: Math.max(0, ...longest) / 1000,
  };
}

const within = (at: number, begin: number, end: number): boolean => at >= begin && at < end;

/** By how much more than the pause a program waits at most, over all moves. */
function finding(series: LatencySeries): Finding {
  const waited = series.moves.map((move) => ({ ...seenDuring(series, move), pausedMs: move.pausedMs }));
  const worst = waited.toSorted((a, b) => b.longestMs - b.pausedMs - (a.longestMs - a.pausedMs))[0];
  const { longestMs = 0, pausedMs = 0 } = worst ?? {};
  const trips = `a round trip takes ${short(longestMs)} ms at most where the pause is ${short(pausedMs)} ms`;
  return {
    reached: longestMs <= pausedMs + overheadMsMax,
    text: `While its peer moves, ${trips}; at most ${overheadMsMax} ms more is wanted.`,
  };
}
