import { randomInt } from "node:crypto";
import { Command, InvalidArgumentError } from "commander";
import { countsOf } from "../report/coverage.ts";
import { runMutants } from "./mutation.ts";
import { runSuite, type SuiteResult } from "./run-suite.ts";
import { pickSample, runOverSockets } from "./socket-sample.ts";
import { readCoverage, writeDocument } from "./sources.ts";

interface Options {
  readonly json?: boolean;
  readonly mutants: boolean;
  readonly sockets?: boolean;
  readonly seed?: number;
  readonly sample: number;
}

function command(): Command {
  return new Command("conformance")
    .description(
      "Run the conformance suite, then once with each of the adapter's mutants, and write docs/conformance.md.",
    )
    .option("--json", "the result as one line of JSON")
    .option("--no-mutants", "leave the mutants out")
    .option("--sockets", "run a sample of every file over WebSockets, and nothing else")
    .option("--seed <number>", "of the sample; random when absent", integer)
    .option("--sample <count>", "tests of each file", integer, 3);
}

function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("a whole number is needed");
  return Number(text);
}

/** For `--json`, and whether all is as it should be. */
interface Outcome {
  readonly ok: boolean;
  readonly result: object;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function tellFailures({ failed }: SuiteResult): void {
  for (const { title, message } of failed) say(`FAILED ${title}\n${message}\n`);
}

/** A sample over sockets. */
async function sample({ sample: count, seed = randomInt(2 ** 32) }: Options): Promise<Outcome> {
  const names = pickSample(count, seed);
  say(`conformance: ${names.length} tests over sockets; the same again: --sockets --seed ${seed} --sample ${count}`);
  const result = await runOverSockets(names);
  tellFailures(result);
  const ok = result.failed.length === 0 && result.passed.length === names.length;
  return {
    ok,
    result: { seed, run: names.length, passed: result.passed.length, failed: result.failed.map(({ title }) => title) },
  };
}

/** The whole suite in memory, and the mutants. */
async function whole(options: Options): Promise<Outcome> {
  const { entries, faults } = readCoverage();
  for (const fault of faults) say(`conformance: ${fault}`);
  const result = await runSuite();
  tellFailures(result);
  const green = new Set(result.passed.map((title) => title.split(":")[0]));
  const { shown, notApplicable, missing } = countsOf(
    entries.map((entry) => ({ ...entry, title: green.has(entry.name) ? entry.title : null })),
  );
  const mutants = options.mutants
    ? await runMutants(({ name, caughtBy }) => say(`mutant ${name}: ${caughtBy ?? "NOT CAUGHT"}`))
    : [];
  const caught = mutants.filter(({ caughtBy }) => caughtBy !== null).length;
  if (result.failed.length === 0) writeDocument();
  return {
    ok: faults.length === 0 && result.failed.length === 0 && caught === mutants.length,
    result: { named: entries.length, shown, notApplicable, missing, mutants: { planted: mutants.length, caught } },
  };
}

async function main(): Promise<void> {
  const options = command().parse().opts<Options>();
  const { ok, result } = await (options.sockets ? sample(options) : whole(options));
  process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${JSON.stringify(result, null, 2)}\n`);
  process.exitCode = ok ? 0 : 1;
}

await main();
