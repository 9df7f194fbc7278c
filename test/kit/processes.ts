import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Timings } from "@nomad/base";
import { LabClient } from "nomad-rdma";
import { freePort } from "./free-port.ts";
import type { NomadCommand } from "./nomad-command.ts";
import { Workspace } from "./workspace.ts";

export const hostNames = ["host-a", "host-b", "host-c"] as const;

/** The processes of a lab, each of which may be killed and started again. */
export class Processes implements AsyncDisposable {
  readonly client: LabClient;
  readonly #workspace: Workspace;
  readonly #port: number;
  readonly #timings: Partial<Timings>;
  readonly #running = new Map<string, NomadCommand>();

  private constructor(workspace: Workspace, port: number, timings: Partial<Timings>, central: NomadCommand) {
    this.#workspace = workspace;
    this.#port = port;
    this.#timings = timings;
    this.#running.set("central", central);
    const secret = Buffer.from(readFileSync(join(workspace.path, ".nomad", "secret"), "utf8").trim());
    this.client = new LabClient({ url: `http://127.0.0.1:${port}`, secret });
  }

  /** `timings`: what differs from the defaults, ms. */
  static async start(timings: Partial<Timings> = {}): Promise<Processes> {
    const workspace = new Workspace();
    const port = await freePort();
    const central = await startCentral(workspace, port, timings);
    const processes = new Processes(workspace, port, timings, central);
    await Promise.all(hostNames.map((name) => processes.start(name)));
    return processes;
  }

  /** Starts one that does not run; resolves when it is up. */
  async start(name: string): Promise<void> {
    if (name === "central") {
      this.#running.set(name, await startCentral(this.#workspace, this.#port, this.#timings));
      return;
    }
    const central = `http://127.0.0.1:${this.#port}`;
    const host = this.#workspace.start(
      "host",
      "--name",
      name,
      "--central",
      central,
      ...common(this.#workspace, this.#timings),
    );
    this.#running.set(name, host);
    await host.errMatch(/ is up/);
  }

  runs(name: string): boolean {
    const { child } = this.#of(name);
    return child.exitCode === null && child.signalCode === null;
  }

  /** Resolves when it has ended. */
  async ended(name: string): Promise<void> {
    await this.#of(name).ended;
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.#of(name).child.kill(signal);
  }

  /** What a process has said on stderr: for a cell that failed. */
  said(name: string): string {
    return this.#of(name).errText;
  }

  #of(name: string): NomadCommand {
    const found = this.#running.get(name);
    if (!found) throw new Error(`there is no process ${name}`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#workspace[Symbol.asyncDispose]();
  }
}

/** The secret's path on the command line is by what the workspace knows its daemons. */
function common(workspace: Workspace, timings: Partial<Timings>): string[] {
  const secret = ["-v", "--secret-file", join(workspace.path, ".nomad", "secret")];
  const set = Object.entries(timings).map(([name, ms]) => `${name}=${ms}`);
  return set.length === 0 ? secret : [...secret, "--timing", set.join(",")];
}

async function startCentral(workspace: Workspace, port: number, timings: Partial<Timings>): Promise<NomadCommand> {
  const listen = ["--listen", `127.0.0.1:${port}`, "--journal", "journal.db"];
  const central = workspace.start("central", ...listen, ...common(workspace, timings));
  await central.errMatch(/central is up/);
  return central;
}
