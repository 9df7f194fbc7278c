import type { GuestReport, Status } from "@nomad/protocol/http";
import { hasEnded, type LabClient } from "nomad-rdma";
import { hostNames, Processes } from "../../kit/processes.ts";
import { until } from "../../kit/until.ts";
import { matrixTimings } from "../outcomes.ts";

const healMs = 30_000;
/** Operations a second of each guest: several labs share the machine. */
const rate = "150";

/** Alice, who moves, and bob, who talks to her. */
export const mover = "alice";
export const companion = "bob";

/** A lab of real processes in which cells of the matrix run one after the other: healed between them, not started anew. */
export class MatrixLab implements AsyncDisposable {
  readonly processes: Processes;
  #round = 0;

  private constructor(processes: Processes) {
    this.processes = processes;
  }

  static async start(): Promise<MatrixLab> {
    return new MatrixLab(await Processes.start(matrixTimings));
  }

  get client(): LabClient {
    return this.processes.client;
  }

  /** All processes run, nothing strikes, and the two guests talk to each other without an error so far. */
  async heal(): Promise<void> {
    await this.client.liftFault("all").catch(() => {});
    if (!this.processes.runs("central")) await this.processes.start("central");
    for (const name of hostNames) {
      // One that was declared lost ends itself when it hears of it.
      if (this.processes.runs(name) && (await this.#isLost(name))) await this.processes.ended(name);
      if (!this.processes.runs(name)) await this.processes.start(name);
    }
    await until(
      "all hosts are up",
      healMs,
      () => this.client.status(),
      ({ hosts }) => hostNames.every((name) => hosts.some((host) => host.name === name && host.state === "up")),
    );
    if (!(await this.#talk())) await this.#newPair();
  }

  async #isLost(name: string): Promise<boolean> {
    const { hosts } = await this.client.status();
    return hosts.some((host) => host.name === name && host.state === "lost");
  }

  async #talk(): Promise<boolean> {
    const { guests } = await this.client.status();
    const running = [mover, companion].every((name) =>
      guests.some((guest) => guest.name === name && guest.state === "running"),
    );
    return (
      running &&
      this.untilTraffic(5000).then(
        () => true,
        () => false,
      )
    );
  }

  async #newPair(): Promise<void> {
    const { guests } = await this.client.status();
    for (const { name } of guests.filter((guest) => !hasEnded(guest))) await this.client.stopGuest(name, true);
    await until(
      "guests of the cell before have ended",
      healMs,
      () => this.client.status(),
      (status) => status.guests.every(hasEnded),
    );
    this.#round++;
    const called = (guest: string) => `${guest}-${this.#round}`;
    const run = (name: string, peer: string, host: string) =>
      this.client.runGuest({
        name,
        image: "pair",
        host,
        arguments: { name: called(name), peer: called(peer), seed: String(this.#round), rate },
      });
    await run(mover, companion, hostNames[0]);
    await run(companion, mover, hostNames[1]);
    await this.untilTraffic(healMs);
  }

  /** Resolves when both guests have delivered more than when it was called. */
  async untilTraffic(ms: number): Promise<void> {
    // A report of now, for central forgets them when it is started again.
    const delivered = async () => (await this.reports()).map((report) => report?.connections[0]?.delivered ?? 0);
    const before = await until("reports", ms, delivered, (counts) => counts.every((count) => count > 0));
    await until("both guests hear each other", ms, delivered, (counts) =>
      counts.every((count, i) => count > (before[i] ?? 0)),
    );
  }

  reports(): Promise<(GuestReport | null)[]> {
    return Promise.all([mover, companion].map((name) => this.client.report(name)));
  }

  /** How many guests have a share of an adapter, at all hosts that run. */
  async copies(status: Status): Promise<number> {
    const living = status.hosts.filter(({ name, state }) => state === "up" && this.processes.runs(name));
    const counts = await Promise.all(living.map(({ url }) => devicesAt(url.replace(/^ws/, "http"))));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.processes[Symbol.asyncDispose]();
  }
}

async function devicesAt(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^nomad_guest_devices (\d+)/m.exec(text)?.[1] ?? Number.NaN);
}
