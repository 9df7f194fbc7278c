import { styleText } from "node:util";

/** How words are set off from others. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

const formats = { bold: "bold", dim: "dim", good: "green", bad: "red" } as const satisfies Record<keyof Style, Format>;

/** Terminal colours, or none: a pipe, a file and NO_COLOR get plain text. */
export function makeStyle(colour: boolean): Style {
  const paint = (format: Format) => (text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: paint(formats.bold),
    dim: paint(formats.dim),
    good: paint(formats.good),
    bad: paint(formats.bad),
  };
}

/** No colours at all. */
export const plain: Style = makeStyle(false);
