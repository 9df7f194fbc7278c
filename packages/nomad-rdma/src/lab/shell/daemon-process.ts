import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { NomadError } from "@nomad/base";
import { parseReadyLine, type ReadyLine } from "../ready-line.ts";

/** What to start, and where its log goes. */
export interface DaemonOptions {
  readonly role: "central" | "host";
  readonly name: string;
  /** Program and arguments; it must print a ready line, and end when its stdin ends. */
  readonly command: readonly [string, ...string[]];
  /** Called with each line of its stderr; a file descriptor instead outlives this process. */
  readonly log: ((line: string) => void) | number;
  readonly signal?: AbortSignal | undefined;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

const readyTimeoutMs = 20_000;
/** From SIGTERM to SIGKILL: with it a whole lab ends within 3 s. */
const killAfterMs = 2000;
/** The word on a daemon's stdin that lets it outlive us. */
export const keepWord = "keep";

/** A process of the lab, from its ready line to its end. It ends when we do, however we end, unless it is kept. */
export class DaemonProcess {
  readonly role: "central" | "host";
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** Resolves when the process is gone. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #exit: Exit | undefined;

  private constructor(child: ChildProcess, ready: ReadyLine, exited: Promise<Exit>) {
    this.#child = child;
    this.role = ready.role;
    this.name = ready.name;
    this.pid = ready.pid;
    this.url = ready.url;
    this.exited = exited.then((exit) => {
      this.#exit = exit;
      return exit;
    });
  }

  /** Resolves when it is ready. Fails with the daemon's own error, E_INTERNAL when it just ends, or E_TIMEOUT. */
  static async start(options: DaemonOptions): Promise<DaemonProcess> {
    const [program, ...args] = options.command;
    const child = spawn(program, args, {
      stdio: ["pipe", "pipe", typeof options.log === "number" ? options.log : "pipe"],
      // A session of its own: the terminal's SIGINT reaches us alone, and we end it in order.
      detached: true,
    });
    // Writing to a process that has gone is no error of ours; its exit tells.
    child.stdin?.on("error", () => {});
    const exited = exitOf(child);
    if (typeof options.log === "function" && child.stderr) {
      createInterface({ input: child.stderr }).on("line", options.log);
    }
    try {
      const line = await firstLine(child, exited, options);
      return new DaemonProcess(child, parseReadyLine(line, options.name), exited);
    } catch (error) {
      child.kill("SIGKILL");
      await exited;
      throw error;
    }
  }

  /** How it ended, or undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it: SIGTERM, and SIGKILL when that has not helped in time. */
  async end(): Promise<void> {
    const timer = setTimeout(() => this.kill("SIGKILL"), killAfterMs);
    this.kill("SIGTERM");
    await this.exited;
    clearTimeout(timer);
  }

  /** Lets it outlive this process. */
  keep(): void {
    this.#child.stdin?.end(`${keepWord}\n`);
    this.#child.stdout?.destroy();
    this.#child.unref();
  }
}

async function exitOf(child: ChildProcess): Promise<Exit> {
  // "exit" does not come for a program that could not be started at all.
  const failed = once(child, "error").then((): Exit => ({ code: null, signal: null }));
  const ended = once(child, "exit").then(([code, signal]): Exit => ({ code, signal }));
  return Promise.race([ended, failed]);
}

async function firstLine(child: ChildProcess, exited: Promise<Exit>, options: DaemonOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => {
    reject(new NomadError("E_TIMEOUT", `${options.name} was not ready within ${readyTimeoutMs} ms`));
  }, readyTimeoutMs);
  const onAbort = (): void => reject(options.signal?.reason);
  options.signal?.addEventListener("abort", onAbort);
  if (options.signal?.aborted) onAbort();
  if (!child.stdout) throw new NomadError("E_INTERNAL", `${options.name} has no stdout`);
  const lines = createInterface({ input: child.stdout });
  lines.once("line", resolve);
  // The last words of a process that has ended may still be on their way: its stdout ends after them.
  const gone = Promise.all([exited, once(lines, "close")]);
  void gone.then(([exit]) => {
    reject(new NomadError("E_INTERNAL", `${options.name} ended before it was ready (${describeExit(exit)})`));
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", onAbort);
  }
}

/** `exit code 1`, `SIGKILL`. */
export function describeExit(exit: Exit): string {
  return exit.signal ?? (exit.code === null ? "it could not be started" : `exit code ${exit.code}`);
}
