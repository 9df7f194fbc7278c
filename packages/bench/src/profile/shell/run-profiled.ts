import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { CpuProfile } from "../cpu-profile.ts";
import { ownerOf, processesVariable } from "../processes.ts";
import { profileTable } from "../profile-table.ts";

const ending = ".cpuprofile";
/** Beside the profiles: which processes they are of. */
const processesFile = "processes.txt";
const preload = new URL("note-process.ts", import.meta.url).href;

/**
 * Runs this program again with these arguments, where V8 samples each process and thread and writes what it saw to
 * `directory`. The exit code, and a table of what took the time.
 */
export async function runProfiled(
  args: readonly string[],
  directory: string,
): Promise<{ readonly code: number; readonly table: string }> {
  const path = resolve(directory);
  mkdirSync(path, { recursive: true });
  const before = new Set(readdirSync(path));
  const child = spawn(process.execPath, [process.argv[1] ?? "", ...args], { stdio: "inherit", env: sampled(path) });
  const [code] = (await once(child, "exit")) as [number | null];
  const processes = readFileSync(join(path, processesFile), "utf8");
  const written = readdirSync(path).filter((file) => file.endsWith(ending) && !before.has(file));
  const profiles = written.map((file) => {
    return {
      file,
      owner: ownerOf(file, processes),
      profile: JSON.parse(readFileSync(join(path, file), "utf8")) as CpuProfile,
    };
  });
  return { code: code ?? 1, table: profileTable(profiles) };
}

/** An environment in which every Node process, those that a lab starts included, is sampled. */
function sampled(path: string): NodeJS.ProcessEnv {
  const sampling = ["--cpu-prof", `--cpu-prof-dir=${JSON.stringify(path)}`, `--import=${preload}`];
  const options = [process.env.NODE_OPTIONS, ...sampling].filter((option) => option !== undefined);
  return { ...process.env, NODE_OPTIONS: options.join(" "), [processesVariable]: join(path, processesFile) };
}
