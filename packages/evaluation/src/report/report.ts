import type { Chart } from "../chart/chart.ts";
import { renderSvg } from "../chart/render.ts";
import type { Evaluation, Extent } from "../evaluation.ts";
import { sections } from "../sections/index.ts";
import { type Block, type Finding, type SectionText, text } from "./block.ts";
import { toHtml } from "./html.ts";
import { toMarkdown } from "./markdown.ts";

const title = "Nomad: evaluation";

const extents: Readonly<Record<Extent, string>> = {
  smoke: "It was made to see that the command works: the figures mean nothing.",
  quick: "It is the quick form: few repetitions of each measurement.",
  full: "It is the full form.",
};

/** The files of a report, by name: report.md, report.html, an SVG for each chart, raw.json. */
export function reportFiles(evaluation: Evaluation): ReadonlyMap<string, string> {
  const written = sectionTexts(evaluation);
  const charts = written.flatMap(({ blocks }) =>
    blocks.flatMap((block) => (block.kind === "chart" ? [block.chart] : [])),
  );
  return new Map([
    ["report.md", toMarkdown(title, written)],
    ["report.html", toHtml(title, written)],
    ...charts.map((chart: Chart): [string, string] => [`${chart.name}.svg`, renderSvg(chart)]),
    ["raw.json", `${JSON.stringify(evaluation)}\n`],
  ]);
}

/** What the data says about the project's goals. */
export function findingsOf(evaluation: Evaluation): readonly Finding[] {
  return sections.flatMap((section) => section.findings(evaluation));
}

function sectionTexts(evaluation: Evaluation): SectionText[] {
  const parts = sections.flatMap((section): SectionText[] => {
    const blocks = section.blocks(evaluation);
    return blocks ? [{ title: section.title, blocks }] : [];
  });
  return [{ title: "In short", blocks: summary(evaluation) }, ...parts];
}

function summary(evaluation: Evaluation): Block[] {
  const findings = findingsOf(evaluation);
  const list = (heading: string, reached: boolean): Block[] => {
    const items = findings.filter((finding) => finding.reached === reached).map((finding) => finding.text);
    return items.length > 0 ? [text(heading), { kind: "list", items }] : [];
  };
  const how =
    "Everything below is written by one command from what it has measured (raw.json, every sample). Values are medians, in brackets " +
    "the quartiles; what is compared was measured in the same run.";
  return [
    text(`This is the evaluation of moving guests with their connections. ${extents[evaluation.extent]} ${how}`),
    ...list("What was reached:", true),
    ...list("Weak spots, where a goal was missed:", false),
  ];
}
