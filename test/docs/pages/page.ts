/** A page that is made, whole or in part, from the code. */
export interface Page {
  /** Below docs/. */
  readonly path: string;
  /** What it should be; `before` is what it is, empty when it is not there. */
  readonly text: (before: string) => string | Promise<string>;
}

/** The head of a page that is made whole. */
export function headOf(title: string, source: string): string {
  return `# ${title}\n\nMade from \`${source}\` by \`npm run docs:generate\`; do not edit.`;
}
