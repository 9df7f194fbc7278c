import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { Finding } from "../finding.ts";

const engineWithinMs = 5000;

/** Programs that some things need: any of these names will do. */
const optionalTools = [
  { check: "tshark", names: ["tshark"], next: "install Wireshark's tshark to look into captures with it" },
  {
    check: "chromium",
    names: ["chromium", "chromium-browser", "google-chrome"],
    next: "install it, or name one with NOMAD_CHROMIUM, for the tests of the dashboard",
  },
] as const;

/** The optional programs, looked for in `path`. */
export function checkTools(path: string): Finding[] {
  return optionalTools.map(({ check, names, next }) => {
    const found = names.map((name) => inPath(name, path)).find((place) => place !== undefined);
    return found ? { check, level: "ok", found } : { check, level: "warn", found: "not there (optional)", next };
  });
}

/** The engine and its Compose, which only the lab in containers needs. */
export async function checkEngine(): Promise<Finding> {
  const check = "containers";
  try {
    const engine = await answerOf("version", "--format", "{{.Server.Version}}");
    const compose = await answerOf("compose", "version", "--short");
    return { check, level: "ok", found: `engine ${engine}, Compose ${compose}` };
  } catch {
    const next = "install Docker with Compose v2, and see that it runs, for the lab in containers";
    return { check, level: "warn", found: "no engine with Compose answers (optional)", next };
  }
}

async function answerOf(...args: string[]): Promise<string> {
  return (await promisify(execFile)("docker", args, { timeout: engineWithinMs })).stdout.trim();
}

function inPath(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
