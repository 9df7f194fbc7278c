import type { FigureSpec } from "@nomad/measure";
import { messageBytes, writeBytes } from "../hca/amounts.ts";

/** What is measured of us and of others. */
export type ComparisonName = "rtt-64" | "bw-1m" | "rate-64";

export interface Comparison {
  readonly name: ComparisonName;
  /** The figure of ours that it stands beside. */
  readonly ours: "send-rtt-64" | "write-bw-1m" | "send-rate-64";
  readonly unit: string;
  readonly better: FigureSpec["better"];
  readonly bytes: number;
  /** The figure of others, from the time that a message takes one way, us. */
  readonly valueOf: (us: number) => number;
}

export const comparisons: readonly Comparison[] = [
  {
    ...{ name: "rtt-64", ours: "send-rtt-64", unit: "us", better: "lower", bytes: messageBytes },
    valueOf: (us) => 2 * us,
  },
  {
    ...{ name: "bw-1m", ours: "write-bw-1m", unit: "MB/s", better: "higher", bytes: writeBytes },
    valueOf: (us) => writeBytes / us,
  },
  {
    ...{ name: "rate-64", ours: "send-rate-64", unit: "1/s", better: "higher", bytes: messageBytes },
    valueOf: (us) => 1e6 / us,
  },
];

/** The name of the samples of another library. */
export const sampleOf = (library: string, { name }: Comparison): string => `${library}-${name}`;

/** Our figure, with another library's as what it is compared with. */
export const besideOf = (library: string, { ours, unit, better, ...of }: Comparison): FigureSpec => ({
  ...{ name: `${ours}-beside-${library}`, unit, better },
  floor: sampleOf(library, { ours, unit, better, ...of }),
});
