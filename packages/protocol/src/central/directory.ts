import { type Lid, NomadError, type VLid } from "@nomad/base";
import type { Guest, GuestReport, Host, LogLine } from "../http/index.ts";
import type { HostEntry, PortStateName } from "../schema.ts";
import type { GuestRow } from "./records.ts";

/** A host as central knows it. It keeps its name and LID; each start of its process is another incarnation. */
export interface HostRecord {
  readonly name: string;
  readonly lid: Lid;
  incarnation: string;
  url: string;
  pid: number;
  state: Host["state"];
  lastHeardAt: number;
  /** Since when its silence has been too long; null while it is not. */
  suspectedAt: number | null;
  refused: Host["refused"];
  /** As it said last. */
  portState: PortStateName;
  /** The version of the protocol that its last connection speaks; null when it has had none with this central. */
  protocol: number | null;
}

/** A guest and where it runs: the one owner of that fact. */
export interface GuestRecord {
  readonly name: string;
  readonly vlid: VLid;
  readonly image: string;
  readonly arguments: Readonly<Record<string, string>>;
  host: string;
  epoch: number;
  state: Guest["state"];
  imageHash: string;
  memoryBytes: number;
  exitCode: number | null;
  error: Guest["error"];
  report: GuestReport | null;
  readonly log: LogLine[];
}

const logLinesMax = 2000;
/** vLIDs are apart from LIDs, so that one taken for the other is noticed. */
const firstVlid = 0x1000;

export class Directory {
  readonly hosts = new Map<string, HostRecord>();
  readonly #guests = new Map<string, GuestRecord>();
  readonly #byVlid = new Map<VLid, GuestRecord>();
  /** What guests have published for each other. */
  readonly published = new Map<string, string>();
  #nextVlid = firstVlid;

  /** By name. */
  get guests(): ReadonlyMap<string, GuestRecord> {
    return this.#guests;
  }

  /** A guest, in place of a former one of its name. */
  add(guest: GuestRecord): void {
    const before = this.#guests.get(guest.name);
    if (before) this.#byVlid.delete(before.vlid);
    this.#guests.set(guest.name, guest);
    this.#byVlid.set(guest.vlid, guest);
  }

  host(name: string): HostRecord {
    const host = this.hosts.get(name);
    if (!host) throw new NomadError("E_NO_HOST", `no host is called ${name}`);
    return host;
  }

  /** Dead for good, as far as this host is known. */
  isLost(host: string): boolean {
    return this.hosts.get(host)?.state === "lost";
  }

  guest(name: string): GuestRecord {
    const guest = this.guests.get(name);
    if (!guest) throw new NomadError("E_NO_GUEST", `no guest is called ${name}`);
    return guest;
  }

  byVlid(vlid: VLid): GuestRecord | undefined {
    return this.#byVlid.get(vlid);
  }

  /** Where who has this vLID is: a guest; or a program, whose vLID is the LID of its port. */
  hostOf(vlid: VLid): string | undefined {
    const guest = this.byVlid(vlid);
    return guest ? guest.host : [...this.hosts.values()].find(({ lid }) => (lid as number) === vlid)?.name;
  }

  /** The host that is up, fits and has the fewest guests, the first by name among equals; never the one called `besides`. */
  leastLoaded(
    besides?: string,
    guestsAt = this.#counted(),
    fit: (host: HostRecord) => boolean = () => true,
  ): HostRecord {
    const up = [...this.hosts.values()].filter((host) => host.state === "up" && host.name !== besides && fit(host));
    const ordered = up.sort((a, b) => guestsAt(a.name) - guestsAt(b.name) || (a.name < b.name ? -1 : 1));
    if (!ordered[0])
      throw new NomadError("E_NO_HOST", besides === undefined ? "no host is up" : `no host but ${besides} is up`);
    return ordered[0];
  }

  guestsAt(host: string): number {
    return [...this.guests.values()].filter((g) => g.host === host && isAlive(g)).length;
  }

  guestsByHost(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const guest of this.guests.values()) {
      if (isAlive(guest)) counts.set(guest.host, (counts.get(guest.host) ?? 0) + 1);
    }
    return counts;
  }

  #counted(): (host: string) => number {
    const counts = this.guestsByHost();
    return (host) => counts.get(host) ?? 0;
  }

  nextVlid(): VLid {
    return this.#nextVlid++ as VLid;
  }

  /** A guest as the journal has it. */
  recover(row: GuestRow): void {
    // Moves that have not ended say so themselves.
    const state = row.state === "moving" ? "running" : row.state;
    this.add({ ...row, state, report: null, log: [] });
    this.#nextVlid = Math.max(this.#nextVlid, row.vlid + 1);
  }

  hostEntries(): HostEntry[] {
    return [...this.hosts.values()].map(({ name, lid, url, incarnation, state }) => {
      return { name, lid, url, incarnation, lost: state === "lost" };
    });
  }
}

export function isAlive(guest: GuestRecord): boolean {
  return guest.state === "starting" || guest.state === "running" || guest.state === "moving";
}

export function appendLog(guest: GuestRecord, line: LogLine): void {
  guest.log.push(line);
  if (guest.log.length > logLinesMax) guest.log.shift();
}
