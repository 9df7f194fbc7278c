import { expect, test } from "vitest";
import type { Evaluation } from "../evaluation.ts";
import { sampleEvaluation, sampleNas } from "../testing/sample.ts";
import { findingsOf, reportFiles } from "./report.ts";

const files = reportFiles(sampleEvaluation);
const markdown = files.get("report.md") ?? "";
const html = files.get("report.html") ?? "";

const missed = (evaluation: Evaluation) =>
  findingsOf(evaluation)
    .filter(({ reached }) => !reached)
    .map(({ text }) => text);

test("the charts that the text names are files of the report, and nothing else is drawn", () => {
  const named = [...markdown.matchAll(/\]\(([^)]+\.svg)\)/g)].map(([, name]) => name);
  const drawn = [...files.keys()].filter((name) => name.endsWith(".svg"));
  expect(named).toEqual(drawn);
  expect(drawn).toEqual([
    "virtualization.svg",
    "latency.svg",
    "phases.svg",
    ...["idle", "active", "memory", "dirty", "peers"].map((sweep) => `pause-${sweep}.svg`),
    "nas.svg",
  ]);
});

test("every row of a table has as many cells as its head", () => {
  const tables = markdown
    .trimEnd()
    .split("\n\n")
    .filter((block) => block.startsWith("| "));
  expect(tables.length).toBeGreaterThan(8);
  for (const table of tables) {
    const widths = table.split("\n").map((line) => line.replaceAll("\\|", "").split("|").length);
    expect(new Set(widths).size, table).toBe(1);
  }
});

test("the page needs no other file: its charts are in it, and it fetches nothing", () => {
  const drawn = [...files.keys()].filter((name) => name.endsWith(".svg"));
  expect(html.match(/<svg /g)).toHaveLength(drawn.length);
  expect(html).not.toMatch(/<script|<link|<img|src=|url\((?!#)/);
});

test("a chart says in words what it shows, on a ground of its own", () => {
  const svg = files.get("pause-idle.svg") ?? "";
  expect(svg).toMatch(/^<svg role="img" aria-label="[^"]+" /);
  expect(svg).toContain('fill="#ffffff"');
  expect(svg).toContain("4,096");
  expect(svg).not.toContain("NaN");
});

test("the weak spots are the goals that the data misses", () => {
  const spots = missed(sampleEvaluation);
  expect(spots).toHaveLength(4);
  expect(spots[0]).toMatch(/^Virtual names, write-bw of 64 KiB .* between 1\.111 and 1\.111/);
  expect(spots[1]).toMatch(/^4,096 idle queue pairs: 5\.12 x the pause with 1/);
  expect(spots[2]).toMatch(/1 of 2 moves were undone/);
  expect(spots[3]).toMatch(/^CG A on 4 ranks runs at 10.9 % of the reference's speed/);
  for (const spot of spots) expect(html).toContain(spot);
});

test("a kernel with a wrong result is a weak spot, whatever its speed", () => {
  expect(missed({ ...sampleEvaluation, nas: [{ ...sampleNas, verified: false }] }).join("\n")).toMatch(
    /CG A on 4 ranks: a repetition has other results than the official ones/,
  );
});

test("a goal that is reached is no weak spot: 50 % of the reference's speed, 1.2 times the pause", () => {
  const quick = sampleNas.repetitions.map((repetition) => ({ ...repetition, mops: 3000 }));
  const idle = (sampleEvaluation.moves ?? []).filter(({ sweep, value }) => sweep === "idle" && value === 1);
  const same = [...idle, ...idle.map((cell) => ({ ...cell, value: 4096 }))];
  const good = { ...sampleEvaluation, virtualization: [], moves: same, nas: [{ ...sampleNas, repetitions: quick }] };
  expect(missed(good)).toEqual([]);
});

test("a busy machine is told of as a weak spot", () => {
  const busy = { ...sampleEvaluation, machine: { ...sampleEvaluation.machine, load: 3 } };
  expect(missed(busy).at(-1)).toBe("The machine was busy with other work when it began: load 3.00.");
});

test("a program that waits much longer than its peer is paused is a weak spot", () => {
  const latency = sampleEvaluation.latency as NonNullable<Evaluation["latency"]>;
  const buckets = latency.buckets.map((bucket, i) => (i === 108 ? ([40, 9000, 360_000] as const) : bucket));
  expect(missed({ ...sampleEvaluation, latency: { ...latency, buckets } })[1]).toMatch(
    /^While its peer moves, a round trip takes 360 ms at most where the pause is 40 ms/,
  );
});

test("repetitions count by their moves; the first, and those with a move over an edge, do not", () => {
  const row = markdown.split("\n").find((line) => line.startsWith("| CG A | 4 | yes"));
  expect(row).toBe("| CG A | 4 | yes | 600 | 10.9 % | 750 | 5 | 6 | 10 |");
});

test("an evaluation of one section has that section, the machine, and no empty charts", () => {
  const { virtualization: _v, latency: _l, moves: _m, ...rest } = sampleEvaluation;
  const titles = [...(reportFiles(rest).get("report.md") ?? "").matchAll(/^## (.*)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(["In short", "NAS Parallel Benchmarks while ranks move", "Machine and versions"]);
});

test("what was measured is beside the report, whole", () => {
  expect(JSON.parse(files.get("raw.json") ?? "")).toEqual(sampleEvaluation);
});
