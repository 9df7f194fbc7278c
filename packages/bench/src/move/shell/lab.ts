import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { LabClient, LabWatch } from "nomad-rdma";

const run = promisify(execFile);
const readyMs = 300_000;
/** On a machine that is slow for a moment a move takes long, which is a figure; given up it would be none. */
const patience = { NOMAD_TIMING: "controlRequestMs=60000,stopBudgetMs=60000,hostDeadMs=60000" };

/** A lab of real processes, three hosts and central with its journal on disk. */
export class BenchLab implements AsyncDisposable {
  readonly client: LabClient;
  readonly events: LabWatch;
  readonly #directory: string;

  private constructor(directory: string, client: LabClient) {
    this.#directory = directory;
    this.client = client;
    this.events = new LabWatch(client);
  }

  static async start(): Promise<BenchLab> {
    const directory = mkdtempSync(join(tmpdir(), "nomad-bench-"));
    const { stdout } = await nomad(directory, "lab", "up", "--detach", "--port", "0", "--json");
    const { url } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as { url: string };
    const secret = Buffer.from(readFileSync(join(directory, ".nomad", "secret"), "utf8").trim());
    return new BenchLab(directory, new LabClient({ url, secret }));
  }

  /** Two guests with so many connections, of which `active` are in use; ready when they have said so. */
  async startPair(names: readonly [string, string], qps: number, active: number): Promise<void> {
    const [first, second] = names;
    const common = { qps: String(qps), active: String(active), dirty: "0" };
    const guest = (name: string, peer: string, host: string) =>
      this.client.runGuest({ name, image: "many", host, arguments: { name, peer, ...common } });
    await guest(first, second, "host-a");
    await guest(second, first, "host-b");
    const ready = () => names.every((name) => this.events.view.reports.has(name));
    await this.events.until(`${first} and ${second} are connected`, ready, readyMs);
  }

  async endPair(names: readonly [string, string]): Promise<void> {
    for (const name of names) await this.client.stopGuest(name, true);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.events[Symbol.asyncDispose]();
    await nomad(this.#directory, "lab", "down", "--json");
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function nomad(cwd: string, ...args: string[]): Promise<{ stdout: string }> {
  const binary = createRequire(import.meta.url).resolve("nomad-rdma/bin");
  return run(process.execPath, [binary, ...args], { cwd, env: { ...process.env, ...patience } });
}
