import type { HostEntry } from "../schema.ts";

/** In so short a part of a heartbeat's time hosts are told once at most. */
const tellingsPerHeartbeat = 20;

export interface HostNewsOptions {
  readonly heartbeatMs: number;
  /** Which hosts there are. */
  readonly entries: () => HostEntry[];
  /** Who is to know of them. */
  readonly audience: () => Iterable<string>;
  readonly send: (to: string, hosts: HostEntry[]) => void;
}

/**
 * Tells the hosts which hosts there are. The first change is told at once, and what follows closely is gathered: else
 * each of a thousand that come one by one would be told a thousand times. Before central says anything else to a host it
 * says this (`before`), so that no host is asked about, or answered with, one that it does not know.
 */
export class HostNews {
  readonly #o: HostNewsOptions;
  readonly #gatherMs: number;
  /** Raised by each change, and how far each host has been told. */
  #revision = 0;
  readonly #told = new Map<string, number>();
  #gatheredUntil = 0;
  #due = false;
  #entries: HostEntry[] | null = null;

  constructor(options: HostNewsOptions) {
    this.#o = options;
    this.#gatherMs = options.heartbeatMs / tellingsPerHeartbeat;
  }

  /** Which hosts there are, as all are told: the same array until something changes. */
  get entries(): HostEntry[] {
    this.#entries ??= this.#o.entries();
    return this.#entries;
  }

  /** Something of what hosts are told has changed. */
  changed(now: number): void {
    this.#revision++;
    this.#entries = null;
    this.#due = true;
    this.tick(now);
  }

  /** This host is told all with its WELCOME. */
  welcome(host: string): HostEntry[] {
    this.#told.set(host, this.#revision);
    return this.entries;
  }

  /** Something else is about to be said to this host. */
  before(host: string): void {
    const told = this.#told.get(host);
    if (told !== undefined && told < this.#revision) this.#tell(host);
  }

  /** When it is time to tell what was gathered; Infinity: nothing was. */
  deadline(): number {
    return this.#due ? this.#gatheredUntil : Number.POSITIVE_INFINITY;
  }

  tick(now: number): void {
    if (!this.#due || now < this.#gatheredUntil) return;
    this.#due = false;
    this.#gatheredUntil = now + this.#gatherMs;
    for (const host of this.#o.audience()) if (this.#told.get(host) !== this.#revision) this.#tell(host);
  }

  #tell(host: string): void {
    this.#told.set(host, this.#revision);
    this.#o.send(host, this.entries);
  }
}
