import { randomBytes } from "node:crypto";
import { NomadError, Random, type Timings } from "@nomad/base";
import { Central, type CentralEffect, type CentralEvent, type Message, recover } from "@nomad/protocol";
import type { LabEvent, Partition } from "@nomad/protocol/http";
import type { AuthenticatedSocket } from "@nomad/wire";
import type { Logger } from "pino";
import { Captures, captureLab } from "../../capture/shell/captures.ts";
import { FaultDesk } from "../../faults/fault-desk.ts";
import { eventLog } from "../../log/event-log.ts";
import { Channel } from "../../shell/channel.ts";
import { realClock } from "../../shell/real-clock.ts";
import { hasRole } from "../../shell/role.ts";
import { MoveTraffics } from "../../traffic/move-traffics.ts";
import { CentralTurns } from "../turns.ts";
import { clock } from "./clock.ts";
import type { ServedCentral } from "./http/served-central.ts";
import { Journal } from "./journal.ts";

export interface CentralProcessOptions {
  /** Path of the journal, or ":memory:". */
  readonly journal: string;
  readonly version: string;
  /** Of the subnet; those of the journal when absent. */
  readonly partitions?: readonly Partition[];
  readonly log: Logger;
  /** Moves under way from or to one host. */
  readonly movesPerHostMax?: number;
  readonly timings?: Timings;
}

/** Central's core with sockets, a clock and a disk. */
export class CentralProcess implements ServedCentral {
  readonly core: Central;
  readonly captures: Captures;
  readonly faults: FaultDesk;
  readonly traffics: MoveTraffics;
  readonly #journal: Journal;
  readonly #log: Logger;
  readonly #channels = new Map<string, Channel>();
  readonly #watchers = new Set<(event: LabEvent) => void>();
  readonly #turns: CentralTurns;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  readonly #failed = Promise.withResolvers<NomadError>();

  constructor(o: CentralProcessOptions) {
    this.#journal = new Journal(o.journal);
    this.#log = o.log;
    this.core = new Central({
      generation: this.#journal.generation,
      version: o.version,
      ...(o.movesPerHostMax !== undefined && { movesPerHostMax: o.movesPerHostMax }),
      ...(o.timings && { timings: o.timings }),
      recovered: recover(this.#journal.read()),
      now: clock(),
      ...(o.partitions && { partitions: o.partitions }),
    });
    const lab = captureLab(this, clock);
    this.#turns = new CentralTurns({
      clock: realClock,
      takeEffects: () => this.core.takeEffects(),
      perform: (effect) => this.#perform(effect),
      commit: (effect) => this.#commit(effect),
      writeDelayMs: () => this.faults.writeDelayMs(),
    });
    this.captures = new Captures(lab);
    this.watch((event) => this.captures.onEvent(event));
    const random = new Random(randomBytes(4).readUInt32LE());
    const reconnect = (concerned: (host: string) => boolean) => this.#reconnect(concerned);
    const writeNow = () => this.#turns.writeNow();
    const { generation } = this.core;
    this.faults = new FaultDesk({ ...lab, clock: realClock, generation, random, reconnect, writeNow });
    this.watch((event) => this.faults.onEvent(event));
    this.traffics = new MoveTraffics({ ...lab, clock: realClock });
    this.watch((event) => this.traffics.onEvent(event));
    this.watch(eventLog(o.log));
    this.turn();
  }

  now(): number {
    return clock();
  }

  /** Calls `watcher` with everything that changes; the answer ends it. */
  watch(watcher: (event: LabEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  handle(event: CentralEvent): void {
    this.#turns.take(event, () => this.core.handle(event, clock()));
    this.#setTimer();
  }

  /** Carry out what the core has decided, until nothing is left to do now. */
  turn(): void {
    this.#turns.run();
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const deadline = this.core.deadline();
    if (deadline !== null) this.#timer = setTimeout(() => this.#tick(), Math.max(0, Math.ceil(deadline - clock())));
  }

  #tick(): void {
    this.#turns.take(null, () => {
      this.core.tick(clock());
      this.#setTimer();
    });
  }

  #perform(effect: Exclude<CentralEffect, { kind: "journal" }>): void {
    switch (effect.kind) {
      case "send":
        return this.send(effect.to, effect.message);
      case "event":
        if (effect.event.type === "host") this.#partWithLost(effect.event.host.name);
        for (const watcher of this.#watchers) watcher(effect.event);
    }
  }

  /** A host that was declared lost and still has a connection hears of it when it comes again. */
  #partWithLost(name: string): void {
    if (this.core.directory.hosts.get(name)?.state === "lost") this.#channels.get(name)?.close();
  }

  #reconnect(concerned: (host: string) => boolean): void {
    for (const [name, channel] of this.#channels) if (concerned(name)) channel.close();
  }

  /** To a host, if it is there. */
  send(to: string, message: Message): void {
    this.#channels.get(to)?.send(message);
  }

  /** A decision that is not on disk is none: without its journal central does not go on. */
  #commit({ entries, ticket }: Extract<CentralEffect, { kind: "journal" }>): void {
    try {
      this.#journal.commit(entries);
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
      this.#log.fatal({ code: error.code }, error.message);
      this.close();
      return this.#failed.resolve(error);
    }
    if (ticket !== null) this.core.handle({ kind: "journaled", ticket }, clock());
  }

  get failed(): Promise<NomadError> {
    return this.#failed.promise;
  }

  adopt(socket: AuthenticatedSocket): void {
    if (!hasRole(socket, "host")) return;
    const { name, bootId: incarnation } = socket.peer;
    const take = (message: Message) => {
      if (message.kind === "CAPTURED") this.captures.take(name, message);
      else this.handle({ kind: "message", from: name, incarnation, message });
    };
    const onMessage = (message: Message) => this.faults.arrive(name, message, () => take(message));
    const channel = new Channel(socket, this.#log, onMessage);
    this.#channels.get(name)?.close();
    this.#channels.set(name, channel);
    socket.onClose = () => {
      if (this.#channels.get(name) !== channel) return;
      this.#channels.delete(name);
      this.handle({ kind: "channel-down", to: name });
    };
    this.handle({ kind: "channel-up", to: name, protocol: socket.protocol });
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#turns.close();
    for (const channel of this.#channels.values()) channel.close();
    this.#journal.close();
  }
}
