import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const config = fileURLToPath(new URL("./vitest.config.ts", import.meta.url));
const vitest = fileURLToPath(new URL("../../../node_modules/vitest/vitest.mjs", import.meta.url));

export interface SuiteOptions {
  /** Only this file of test/conformance. */
  readonly file?: string;
  /** Only tests whose title matches. */
  readonly pattern?: string;
  /** Ends with the first failure. */
  readonly bail?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Failure {
  readonly title: string;
  readonly message: string;
}

export interface SuiteResult {
  /** Titles. */
  readonly passed: readonly string[];
  readonly failed: readonly Failure[];
}

interface Assertion {
  readonly title: string;
  readonly status: string;
  readonly failureMessages: readonly string[];
}

interface Report {
  readonly testResults: readonly { readonly assertionResults: readonly Assertion[] }[];
}

/** Runs the suite in a process of its own. Rejects when it did not come to a result. */
export async function runSuite(options: SuiteOptions = {}): Promise<SuiteResult> {
  const folder = mkdtempSync(join(tmpdir(), "conformance-"));
  const file = join(folder, "report.json");
  try {
    const child = spawn(process.execPath, [vitest, ...argumentsOf(options), "--outputFile.json", file], {
      cwd: root,
      env: { ...process.env, ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
    return outcomes(file, stdout + stderr);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A pattern that matches the text and nothing else. */
export function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function argumentsOf({ file, pattern, bail = false }: SuiteOptions): string[] {
  const args = ["run", "--config", config, "--maxWorkers", "1", "--reporter=json"];
  if (file !== undefined) args.push(`test/conformance/${file}`);
  if (pattern !== undefined) args.push("--testNamePattern", pattern);
  if (bail) args.push("--bail", "1");
  return args;
}

function outcomes(file: string, output: string): SuiteResult {
  let report: Report;
  try {
    report = JSON.parse(readFileSync(file, "utf8")) as Report;
  } catch (cause) {
    throw new Error(`vitest came to no result:\n${output}`, { cause });
  }
  const all = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  return {
    passed: all.filter(({ status }) => status === "passed").map(({ title }) => title),
    failed: all
      .filter(({ status }) => status === "failed")
      .map(({ title, failureMessages }) => ({ title, message: failureMessages.join("\n") })),
  };
}
