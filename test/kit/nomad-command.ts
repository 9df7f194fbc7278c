import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const binary = fileURLToPath(new URL("../../packages/nomad-rdma/bin/nomad-rdma.mjs", import.meta.url));

/** What a command left behind. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end. */
  readonly ms: number;
}

/** A running `nomad-rdma`. */
export class NomadCommand {
  readonly child: ChildProcess;
  /** Resolves when it has ended, however it ended. */
  readonly ended: Promise<Ended>;
  readonly #errLines: string[] = [];
  readonly #watchers = new Set<() => void>();

  constructor(args: readonly string[], cwd: string) {
    const { NOMAD_LAB: _lab, NOMAD_SECRET_FILE: _file, ...environment } = process.env;
    const began = performance.now();
    const child = spawn(process.execPath, [binary, ...args], {
      cwd,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.child = child;
    createInterface({ input: child.stderr }).on("line", (line) => {
      this.#errLines.push(line);
      for (const watcher of this.#watchers) watcher();
    });
    const output = text(child.stdout);
    this.ended = once(child, "close").then(async ([exitCode, signal]) => ({
      exitCode,
      signal,
      stdout: await output,
      stderr: this.#errLines.join("\n"),
      ms: performance.now() - began,
    }));
  }

  /** What it has said on stderr so far. */
  get errText(): string {
    return this.#errLines.join("\n");
  }

  /** Resolves when stderr has so many lines, with the last; fails with all of stderr when the command ends before. */
  errLine(count: number): Promise<string> {
    return this.#await(() => this.#errLines[count - 1]);
  }

  /** Resolves with the first line of stderr that matches. */
  errMatch(pattern: RegExp): Promise<string> {
    return this.#await(() => this.#errLines.find((line) => pattern.test(line)));
  }

  async #await(find: () => string | undefined): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const look = (): void => {
      const line = find();
      if (line !== undefined) resolve(line);
    };
    look();
    this.#watchers.add(look);
    void this.ended.then(({ stderr }) => reject(new Error(`ended before the line came; stderr:\n${stderr}`)));
    return promise.finally(() => this.#watchers.delete(look));
  }
}

/** The JSON on the last line of a command's stdout. */
export function lastJson<T>(ended: Ended): T {
  const line = ended.stdout.trimEnd().split("\n").at(-1) ?? "";
  if (line === "") throw new Error(`no result on stdout (exit code ${ended.exitCode}); stderr:\n${ended.stderr}`);
  return JSON.parse(line) as T;
}
