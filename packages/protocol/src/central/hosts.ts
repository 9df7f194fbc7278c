import { type Lid, NomadError } from "@nomad/base";
import type { Host } from "../http/index.ts";
import type { Answer, Notice, RequestOf, Unnumbered } from "../message.ts";
import type { CentralContext } from "./context.ts";
import type { HostRecord } from "./directory.ts";
import { hostEntry } from "./entries.ts";
import type { HostRow } from "./records.ts";

type NoticeOf<K extends Notice["kind"]> = Extract<Notice, { kind: K }>;
type Welcome = Unnumbered<Extract<Answer, { kind: "WELCOME" }>>;

const noneRefused = { connections: 0, messages: 0, frames: 0, packets: 0 };

/** Which hosts there are, and which of them live: who says nothing for too long is lost for good. */
export class Hosts {
  readonly #central: CentralContext;
  /** What else a host's loss means; called before others are told of it. */
  readonly #onLost: (host: HostRecord, error: NomadError) => void;

  constructor(central: CentralContext, onLost: (host: HostRecord, error: NomadError) => void) {
    this.#central = central;
    this.#onLost = onLost;
  }

  /** A host as the journal has it has as long as if just heard of to come back. */
  recover({ lost, ...row }: HostRow): void {
    const now = {
      state: lost ? ("lost" as const) : ("down" as const),
      lastHeardAt: this.#central.now,
      suspectedAt: null,
      portState: "DOWN" as const,
    };
    this.#central.directory.hosts.set(row.name, { ...row, ...now, refused: noneRefused });
  }

  hello(from: string, { incarnation, url, pid, lid: held }: RequestOf<"HELLO">): Welcome {
    const { directory, now, generation, subnet } = this.#central;
    const known = directory.hosts.get(from);
    const again = known?.incarnation === incarnation;
    if (known && !again && known.state !== "lost") this.#declareLost(known);
    const lid: Lid = known?.lid ?? subnet.newLid(held ?? null);
    const host: HostRecord = {
      ...{ name: from, lid, incarnation, url, pid },
      ...{ state: "up", lastHeardAt: now, suspectedAt: null, refused: noneRefused },
      portState: again ? known.portState : "INIT",
    };
    directory.hosts.set(from, host);
    this.#central.journal(hostEntry(host));
    this.#central.hostChanged(host);
    this.#tellAll();
    return { kind: "WELCOME", lid, port: subnet.settings(from, lid), generation, hosts: directory.hostEntries() };
  }

  /** Something has come from this incarnation of a host; false when it is not to be believed any more. */
  heard(name: string, incarnation: string): boolean {
    const host = this.#central.directory.hosts.get(name);
    if (host?.incarnation !== incarnation) return true;
    host.lastHeardAt = this.#central.now;
    host.suspectedAt = null;
    if (host.state === "lost") return false;
    this.#setState(host, "up");
    return true;
  }

  /** What a host tells with its heartbeat. */
  heartbeat(name: string, { refused, port }: NoticeOf<"HEARTBEAT">): void {
    const host = this.#central.directory.hosts.get(name);
    if (!host) return;
    host.refused = refused;
    if (host.portState === port) return;
    host.portState = port;
    this.#central.hostChanged(host);
  }

  /** Its connection is gone: it may come back. */
  disconnected(name: string): void {
    const host = this.#central.directory.hosts.get(name);
    if (host) this.#setState(host, "down");
  }

  #setState(host: HostRecord, state: Host["state"]): void {
    if (host.state === state || host.state === "lost") return;
    host.state = state;
    this.#central.hostChanged(host);
  }

  deadline(): number {
    return Math.min(...this.#believed().map((host) => this.#nextLook(host)), Number.POSITIVE_INFINITY);
  }

  /**
   * Who is silent is suspected first, and dead when a heartbeat's time later there is still nothing: a central that was
   * stopped itself reads in that time what came meanwhile.
   */
  tick(): void {
    const { now } = this.#central;
    for (const host of this.#believed()) {
      if (now < this.#nextLook(host)) continue;
      if (host.suspectedAt === null) host.suspectedAt = now;
      else this.#declareLost(host);
    }
  }

  #believed(): HostRecord[] {
    return [...this.#central.directory.hosts.values()].filter(({ state }) => state !== "lost");
  }

  #nextLook({ lastHeardAt, suspectedAt }: HostRecord): number {
    const { hostDeadMs, heartbeatMs } = this.#central.timings;
    return suspectedAt === null ? lastHeardAt + hostDeadMs - heartbeatMs : suspectedAt + heartbeatMs;
  }

  /** For good: this incarnation is never believed again. */
  #declareLost(host: HostRecord): void {
    const error = new NomadError("E_HOST_LOST", `host ${host.name} is lost`);
    host.state = "lost";
    host.portState = "DOWN";
    this.#central.journal(hostEntry(host));
    this.#onLost(host, error);
    this.#central.requests.fail(host.name, error);
    this.#tellAll();
  }

  #tellAll(): void {
    const hosts = this.#central.directory.hostEntries();
    for (const { name } of this.#believed()) this.#central.send(name, { kind: "HOSTS", hosts });
  }
}
