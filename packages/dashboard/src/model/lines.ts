import { rate } from "./format.ts";
import type { Connection } from "./rates.ts";

/** A line between two things on the page: `guest NAME` or `host NAME`. */
export interface Line {
  readonly from: string;
  readonly to: string;
  readonly broken: boolean;
  /** Pixels. */
  readonly width: number;
  /** What stands beside it: its rate, or what broke it; nothing where there are many. */
  readonly label: string;
}

/** More lines than this cannot be told apart: then hosts are connected instead of guests. */
export const singleLinesMax = 150;
/** So many have room for a label each. */
export const labelledLinesMax = 12;

/** The busier, the wider: 1 to 5 pixels from nothing to a GB/s, in few steps, so that few changes of rates are changes of lines. */
const widthOf = (bytesPerSecond: number): number => 1 + Math.min(4, Math.round(Math.log10(1 + bytesPerSecond) / 2.25));

function single({ a, b, status, bytesPerSecond }: Connection): Line {
  const line = { from: `guest ${a}`, to: `guest ${b}`, broken: status !== "ok", width: widthOf(bytesPerSecond) };
  return { ...line, label: "" };
}

function labelled(connection: Connection): Line {
  const { status, bytesPerSecond } = connection;
  return { ...single(connection), label: status === "ok" ? rate(bytesPerSecond) : status };
}

/**
 * What to draw of the connections: each, or where they are many a line for each two hosts that have any, and of single ones
 * only those that are broken and those of the guests in `singled`. `hostOf`: where a guest is.
 */
export function linesOf(
  connections: Iterable<Connection>,
  hostOf: (guest: string) => string | undefined,
  singled: ReadonlySet<string>,
): Line[] {
  const all = [...connections];
  if (all.length <= labelledLinesMax) return all.map(labelled);
  if (all.length <= singleLinesMax) return all.map(single);
  const between = new Map<string, number>();
  for (const { a, b, bytesPerSecond } of all) {
    const [one, other] = [hostOf(a), hostOf(b)].sort();
    if (one === undefined || other === undefined || one === other) continue;
    const pair = `${one}\n${other}`;
    between.set(pair, (between.get(pair) ?? 0) + bytesPerSecond);
  }
  const bundles = [...between].map(([pair, bytesPerSecond]) => {
    const [one, other] = pair.split("\n");
    return { from: `host ${one}`, to: `host ${other}`, broken: false, width: widthOf(bytesPerSecond), label: "" };
  });
  const apart = all.filter(({ a, b, status }) => status !== "ok" || singled.has(a) || singled.has(b));
  return [...bundles, ...apart.map(single)];
}
