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

/** An empty directory to run the command line in. Whatever was started in it has ended when it is disposed of. */
export class Workspace implements AsyncDisposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "nomad-test-"));

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
    const pids = this.daemons().map(({ pid }) => pid);
    for (const pid of pids) process.kill(pid, "SIGKILL");
    await survivors(pids, 3000);
    rmSync(this.path, { recursive: true, force: true });
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(join("/proc", pid, "cmdline"), "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}
