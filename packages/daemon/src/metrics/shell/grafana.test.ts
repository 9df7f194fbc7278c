import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { smallLab } from "../../testing/small-lab.ts";
import { metricsPath } from "./serve-metrics.ts";

interface Target {
  readonly expr: string;
}
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets: readonly Target[];
}

const file = new URL("../../../../../docs/grafana/nomad.json", import.meta.url);
const dashboard = JSON.parse(readFileSync(file, "utf8")) as { readonly panels: readonly Panel[] };
const expressions = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [expr, title] as [string, string]),
);

/** What Prometheus adds to a sample by itself. */
const labelsOfAll = ["instance", "job"];

/** The names of samples on a page of metrics, with the labels that they have. */
function namesOf(page: string): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  for (const line of page.split("\n")) {
    const [, name, labels = ""] = /^([a-z]\w*)(?:\{(.*)\})? /.exec(line) ?? [];
    if (name === undefined) continue;
    const known = names.get(name) ?? new Set(labelsOfAll);
    for (const [, label = ""] of labels.matchAll(/(\w+)="/g)) known.add(label);
    names.set(name, known);
  }
  return names;
}

/** What central and a host tell, together. */
async function exposition(): Promise<Map<string, Set<string>>> {
  await using lab = await smallLab(1);
  const urls = [lab.central.url, lab.hosts[0]?.url ?? ""].map((url) => url.replace(/^ws/, "http"));
  const pages = await Promise.all(urls.map(async (url) => (await fetch(`${url}${metricsPath}`)).text()));
  return namesOf(pages.join("\n"));
}

test("each metric and each label that Grafana's dashboard asks for is there", async () => {
  const known = await exposition();
  expect(expressions.length).toBeGreaterThan(20);
  for (const [expr, title] of expressions) {
    const metrics = expr.match(/\b(?:nomad|process|nodejs)_\w+/g) ?? [];
    expect(metrics.length, title).toBeGreaterThan(0);
    for (const metric of metrics) expect([...known.keys()], title).toContain(metric);
    const labels = metrics.flatMap((metric) => [...(known.get(metric) ?? [])]);
    const selected = [...expr.matchAll(/(\w+)=~?"/g)].map(([, label]) => label);
    const grouped = [...expr.matchAll(/by \((\w+)\)/g)].map(([, label]) => label);
    for (const label of [...selected, ...grouped]) expect(labels, `${title}: ${expr}`).toContain(label);
  }
});

test("the panels of Grafana's dashboard have numbers of their own", () => {
  const ids = dashboard.panels.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
});
