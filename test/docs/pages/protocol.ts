import { protocolDiagram } from "@nomad/protocol/diagram";
import { protocolName } from "@nomad/protocol/http";
import type { Page } from "./page.ts";

const diagram = /(?<=^<!-- diagram of (?<name>[\w-]+) -->\n).*?(?=^<!-- end of diagram -->$)/gms;

/** The page with its diagrams drawn anew. Throws when it shows another protocol than there is. */
function text(before: string): string {
  return before.replace(
    diagram,
    (_old, name: string) => `\n\`\`\`mermaid\n${protocolDiagram(protocolName.parse(name))}\n\`\`\`\n\n`,
  );
}

/** docs/protocol.md is written by hand, but for the diagrams. */
export const protocolPage: Page = { path: "protocol.md", text };
