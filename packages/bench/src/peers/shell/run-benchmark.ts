import { type ChildProcess, execFile, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { createServer } from "node:net";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { NomadError } from "@nomad/base";
import type { Comparison } from "../comparisons.ts";
import type { BenchmarkRun, CommandLine, Library } from "../libraries.ts";

const execute = promisify(execFile);

/** Until the other end listens, a command that is started fails at once, and is started again. */
const listensWithinMs = 5000;
const takesMs = 60_000;

/** Is this program on the path? */
export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Runs a library's benchmark once. Its figure; rejects with E_UNREACHABLE when it fails or tells no time. */
export async function runBenchmark(library: Library, of: Comparison): Promise<number> {
  const run = library.run(of, library.messages[of.name] ?? 0, await freePort());
  const output = await outputOf(run, { ...process.env, ...library.env });
  const us = library.readTime(output);
  if (us === null) throw new NomadError("E_UNREACHABLE", `${run.command[0]} told no time: ${lastLine(output)}`);
  return of.valueOf(us);
}

async function outputOf({ server, command }: BenchmarkRun, env: NodeJS.ProcessEnv): Promise<string> {
  if (server === null) return await once(command, env);
  const [program, ...args] = server;
  const other = spawn(program, args, { env, stdio: "ignore" });
  const end = ended(other);
  const giveUpAt = performance.now() + listensWithinMs;
  try {
    for (;;) {
      try {
        const output = await once(command, env);
        await end;
        return output;
      } catch (error) {
        if (performance.now() > giveUpAt || other.exitCode !== null) throw error;
      }
    }
  } finally {
    other.kill();
  }
}

async function once([program, ...args]: CommandLine, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    // NetPIPE tells its results as others tell of errors.
    const { stdout, stderr } = await execute(program, args, { env, timeout: takesMs });
    return `${stdout}\n${stderr}`;
  } catch (error) {
    const { stderr = "" } = error as { stderr?: string };
    throw new NomadError("E_UNREACHABLE", `${program} failed: ${lastLine(stderr)}`, { cause: error });
  }
}

const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.once("error", () => resolve());
  });

const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";

/** One that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new NomadError("E_UNREACHABLE", "no port is free");
  return address.port;
}
