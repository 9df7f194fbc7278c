import { smallLab } from "@nomad/daemon/testing";
import { markdownTable } from "../../kit/markdown-table.ts";
import { headOf, type Page } from "./page.ts";

const about = `Central and every host answer at \`/metrics\` in Prometheus's text format, beyond loopback with the lab's bearer token. The adapter's counters have
the names that Linux gives them under \`/sys/class/infiniband/*/ports/*/\`, with \`nomad_\` before and \`_total\` behind. Besides these, each
process has prom-client's of Node itself (\`process_*\`, \`nodejs_*\`).`;

/** Name, type and help of each metric of ours on a page in Prometheus's format. */
function rowsOf(page: string): string[][] {
  const helps = [...page.matchAll(/^# HELP (nomad_\w+) (.*)$/gm)];
  const types = new Map([...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = "", type = ""]) => [name, type]));
  return helps.map(([, name = "", help = ""]) => [`\`${name}\``, types.get(name) ?? "", help]);
}

async function text(): Promise<string> {
  await using lab = await smallLab(1);
  const [host] = lab.hosts;
  const pageOf = async (url = "") => (await fetch(`${url.replace(/^ws/, "http")}/metrics`)).text();
  const tableOf = async (url?: string) => markdownTable(["metric", "type", "what it tells"], rowsOf(await pageOf(url)));
  return [
    headOf("Metrics", "packages/daemon/src/metrics"),
    "",
    about,
    "",
    "## Central",
    "",
    await tableOf(lab.central.url),
    "",
    "## Each host",
    "",
    await tableOf(host?.url),
    "",
  ].join("\n");
}

export const metricsPage: Page = { path: "reference/metrics.md", text };
