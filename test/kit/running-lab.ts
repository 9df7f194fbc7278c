import { readFileSync } from "node:fs";
import { join } from "node:path";
import { LabClient, LabWatch } from "nomad-rdma";
import { lastJson } from "./nomad-command.ts";
import { Workspace } from "./workspace.ts";

const bootMs = 20_000;

/** A lab that `lab up -d` started, and what a test needs to look at it. */
export class RunningLab implements AsyncDisposable {
  readonly workspace: Workspace;
  readonly url: string;
  readonly client: LabClient;
  readonly events: LabWatch;

  private constructor(workspace: Workspace, url: string) {
    this.workspace = workspace;
    this.url = url;
    const secret = Buffer.from(readFileSync(join(workspace.path, ".nomad", "secret"), "utf8").trim());
    this.client = new LabClient({ url, secret });
    this.events = new LabWatch(this.client);
  }

  /** `options`: of `lab up`. */
  static async start(...options: string[]): Promise<RunningLab> {
    const workspace = new Workspace();
    const up = await workspace.run("lab", "up", "--detach", "--port", "0", "--json", ...options);
    return new RunningLab(workspace, lastJson<{ url: string }>(up).url);
  }

  /** Starts alice on host-a and bob on host-b, and waits until both hear each other. */
  async startPair(): Promise<void> {
    const common = ["--json", "seed=7"];
    await this.workspace.run(
      "guest",
      "run",
      "pair",
      "-n",
      "alice",
      "--host",
      "host-a",
      ...common,
      "name=alice",
      "peer=bob",
      "role=a",
      "dirty=0",
    );
    await this.workspace.run(
      "guest",
      "run",
      "pair",
      "-n",
      "bob",
      "--host",
      "host-b",
      ...common,
      "name=bob",
      "peer=alice",
      "role=b",
      "dirty=1",
    );
    await this.untilTraffic();
  }

  /** Resolves when both guests have delivered more than they have now. */
  async untilTraffic(): Promise<void> {
    const before = this.#delivered();
    await this.events.until(
      "alice and bob hear each other",
      () => this.#delivered().every((count, i) => count > (before[i] ?? 0)),
      bootMs,
    );
  }

  #delivered(): number[] {
    return ["alice", "bob"].map((name) => this.events.view.reports.get(name)?.connections[0]?.delivered ?? 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.events[Symbol.asyncDispose]();
    await this.workspace[Symbol.asyncDispose]();
  }
}
