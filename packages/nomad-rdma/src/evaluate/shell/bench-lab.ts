import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { NomadError } from "@nomad/base";
import { type GuestRequest, hasEnded, type LabEvent, type LabView, type MoveRecord } from "@nomad/protocol/http";
import type { Cli, Globals } from "../../cli.ts";
import type { LabClient } from "../../client/shell/lab-client.ts";
import { LabWatch } from "../../client/shell/lab-watch.ts";
import { startLab } from "../../lab/shell/start-lab.ts";

/** Where something is measured: what a lab is started with. */
export interface Place {
  readonly cli: Cli;
  readonly globals: Globals;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** How long guests may take to connect, and to end in their own way. */
const readyMs = 120_000;
const endMs = 60_000;

/** A lab of real processes, its journal on disk, for one measurement. */
export class BenchLab implements AsyncDisposable {
  readonly client: LabClient;
  readonly events: LabWatch;
  readonly #undo: AsyncDisposableStack;
  readonly #signal: AbortSignal;

  private constructor(client: LabClient, events: LabWatch, undo: AsyncDisposableStack, signal: AbortSignal) {
    this.client = client;
    this.events = events;
    this.#undo = undo;
    this.#signal = signal;
  }

  static async start(place: Place, hosts: readonly string[], onEvent?: (event: LabEvent) => void): Promise<BenchLab> {
    const { cli, globals, seed, signal } = place;
    await using undo = new AsyncDisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "nomad-evaluate-"));
    undo.defer(() => rmSync(directory, { recursive: true, force: true }));
    const journal = join(directory, "journal.db");
    const { lab, client } = await startLab(cli, globals, { hosts, port: 0, journal, seed, mayBeKept: false, signal });
    undo.use(lab);
    const events = undo.use(new LabWatch(client, onEvent));
    return new BenchLab(client, events, undo.move(), signal);
  }

  /** Starts guests, and returns when each has said something of itself. */
  async startGuests(guests: readonly GuestRequest[]): Promise<void> {
    for (const guest of guests) await this.client.runGuest(guest);
    const ready = ({ reports }: LabView) => guests.every(({ name }) => reports.has(name));
    await this.events.until("the guests are connected", ready, readyMs, this.#signal);
  }

  move(guest: string, to: string): Promise<MoveRecord> {
    return this.client.move({ guest, to }, { wait: true, signal: this.#signal });
  }

  rest(ms: number): Promise<void> {
    return wait(ms, undefined, { signal: this.#signal });
  }

  /** Asks guests to end; E_STATE when one does not find everything as it should be. */
  async endGuests(names: readonly string[]): Promise<void> {
    for (const name of names) await this.client.stopGuest(name);
    const ended = ({ guests }: LabView) =>
      names.every((name) => {
        const guest = guests.get(name);
        return guest !== undefined && hasEnded(guest);
      });
    await this.events.until("the guests end", ended, endMs, this.#signal);
    const bad = names.filter((name) => this.events.view.guests.get(name)?.exitCode !== 0);
    if (bad.length > 0) throw new NomadError("E_STATE", `${bad.join(", ")}: not verified at the end`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#undo[Symbol.asyncDispose]();
  }
}
