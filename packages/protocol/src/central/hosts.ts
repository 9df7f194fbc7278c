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
  /** No host is silent for too long before this; who was heard of since is not by then either. */
  #lookAt = Number.POSITIVE_INFINITY;

  /** The version of the protocol on each host's connection. */
  readonly #spoken = new Map<string, number>();

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
      protocol: null,
    };
    this.#keep({ ...row, ...now, refused: noneRefused });
  }

  hello(from: string, { incarnation, url, pid, lid: held }: RequestOf<"HELLO">): Welcome {
    const { directory, now, generation, subnet, news } = this.#central;
    const known = directory.hosts.get(from);
    const again = known?.incarnation === incarnation;
    if (known && !again && known.state !== "lost") this.#declareLost(known);
    const lid: Lid = known?.lid ?? subnet.newLid(held ?? null);
    const host: HostRecord = {
      ...{ name: from, lid, incarnation, url, pid },
      ...{ state: "up", lastHeardAt: now, suspectedAt: null, refused: noneRefused },
      portState: again ? known.portState : "INIT",
      protocol: this.#spoken.get(from) ?? null,
    };
    this.#keep(host);
    this.#central.journal(hostEntry(host));
    this.#central.hostChanged(host);
    news.changed(now);
    return { kind: "WELCOME", lid, port: subnet.settings(from, lid), generation, hosts: news.welcome(from) };
  }

  #keep(host: HostRecord): void {
    this.#central.directory.hosts.set(host.name, host);
    this.#lookAt = Math.min(this.#lookAt, this.#nextLook(host));
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

  /** It has a connection, on which it says hello next. */
  connected(name: string, protocol: number): void {
    this.#spoken.set(name, protocol);
    const host = this.#central.directory.hosts.get(name);
    if (host) host.protocol = protocol;
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
    return Math.min(this.#lookAt, this.#central.news.deadline());
  }

  /**
   * Who is silent is suspected first, and dead when a heartbeat's time later there is still nothing: a central that was
   * stopped itself reads in that time what came meanwhile.
   */
  tick(): void {
    const { now, news } = this.#central;
    if (now >= this.#lookAt) this.#look(now);
    news.tick(now);
  }

  #look(now: number): void {
    this.#lookAt = Number.POSITIVE_INFINITY;
    for (const host of this.#central.believed()) {
      if (now < this.#nextLook(host)) continue;
      if (host.suspectedAt === null) host.suspectedAt = now;
      else this.#declareLost(host);
    }
    for (const host of this.#central.believed()) this.#lookAt = Math.min(this.#lookAt, this.#nextLook(host));
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
    this.#central.news.changed(this.#central.now);
  }
}
