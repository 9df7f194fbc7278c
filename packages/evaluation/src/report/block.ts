import type { Chart } from "../chart/chart.ts";

/** What a section is written in; every format of the report is made of the same blocks. Texts are plain. */
export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "table"; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: "list"; readonly items: readonly string[] }
  | { readonly kind: "chart"; readonly chart: Chart };

export interface SectionText {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** What the data says about a goal. */
export interface Finding {
  readonly reached: boolean;
  readonly text: string;
}

export const text = (words: string): Block => ({ kind: "text", text: words });
export const chartBlock = (chart: Chart): Block => ({ kind: "chart", chart });
