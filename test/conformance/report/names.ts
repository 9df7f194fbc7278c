/** A name of the yardstick, and the file of google/rdma-unit-test that it comes from. */
export interface Name {
  readonly name: string;
  readonly group: string;
}

/** Reads a list of names, one a line, under headings `## group`. */
export function parseNames(text: string): Name[] {
  const names: Name[] = [];
  let group = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("## ")) group = line.slice(3);
    else if (line !== "") names.push({ name: line, group });
  }
  return names;
}
