import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { survivors } from "nomad-rdma";
import { NomadCommand } from "./nomad-command.ts";

/** A process that was started in a workspace. */
export interface Found {
  readonly pid: number;
  readonly commandLine: string;
}

/** Those that are not disposed of: a program that is interrupted leaves no daemon and no folder either. */
const inUse = new Set<Workspace>();
process.once("exit", () => {
  for (const workspace of inUse) workspace.clear();
});

/** An empty directory to run the command line in. Whatever was started in it has ended when it is disposed of. */
export class Workspace implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "nomad-test-"));

  constructor() {
    inUse.add(this);
  }

  /** Starts `nomad-rdma` here. */
  start(...args: string[]): NomadCommand {
    return new NomadCommand(args, this.path);
  }

  /** Runs `nomad-rdma` here to its end. */
  async run(...args: string[]) {
    return this.start(...args).ended;
  }

  /** The daemons of this workspace that run now: the path of its secret is on their command lines. */
  daemons(): Found[] {
    return readdirSync("/proc")
      .filter((entry) => /^\d+$/.test(entry))
      .map((entry) => ({ pid: Number(entry), commandLine: commandLine(entry) }))
      .filter((found) => found.commandLine.includes(join(this.path, ".nomad")));
  }

  /** The daemon of this name. */
  host(name: string): Found | undefined {
    return this.daemons().find((found) => found.commandLine.includes(`--name ${name} `));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await survivors(this.#killAll(), 3000);
    this.clear();
  }

  /** Kills what runs here, without waiting for its end, and removes the directory. */
  clear(): void {
    inUse.delete(this);
    this.#killAll();
    rmSync(this.path, { recursive: true, force: true });
  }

  #killAll(): number[] {
    const pids = this.daemons().map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    return pids;
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
