import { type Clock, defaults, limits, NomadError, type Random } from "@nomad/base";
import type { Answer, Central, Request, StandingFault, Unnumbered } from "@nomad/protocol";
import type { FaultRecord, FaultRequest, LabEvent } from "@nomad/protocol/http";
import { everything, FaultBook, type FaultHits, type FaultRule, isBetween } from "@nomad/wire";
import { type Arrivals, arrive } from "./arrive.ts";

/** What faults need of central. */
export interface FaultLab {
  readonly directory: Central["directory"];
  readonly clock: Clock;
  /** Of this central: with it no two faults ever have one name. */
  readonly generation: number;
  /** Of the seeds that nobody has chosen. */
  readonly random: Random;
  /** Ends the connections to hosts of which this holds; they come again. */
  readonly reconnect: (concerned: (host: string) => boolean) => void;
  /** What a fault keeps from central's disk is written. */
  readonly writeNow: () => void;
  readonly ask: (
    to: string,
    message: Unnumbered<Request>,
    o: { readonly timeoutMs: number; readonly onAnswer: (answer: Answer) => void; readonly onFail: () => void },
  ) => void;
}

interface Entry {
  readonly fault: Omit<FaultRecord, "hits" | "secondsLeft">;
  readonly rule: FaultRule;
  readonly endsAt: number | null;
  /** By end, as each has told last. */
  readonly hits: Map<string, number>;
}

/**
 * The faults that operators have added to a lab. Every host has them all and strikes what comes in; central itself strikes
 * what comes to it. They are not written down: a central that is started anew knows of none, and so lifts them. No IO.
 */
export class FaultDesk {
  readonly #lab: FaultLab;
  readonly #book: FaultBook;
  readonly #arrivals: Arrivals;
  readonly #entries = new Map<string, Entry>();
  #nextId = 1;
  #version = 1;

  constructor(lab: FaultLab) {
    this.#lab = lab;
    this.#book = new FaultBook("central", lab.clock, (rule) => this.#lifted(rule));
    this.#arrivals = { rules: this.#book.rules, clock: lab.clock, name: "central" };
  }

  /** Resolves once every host that is up has it, or cannot be reached. Throws E_NO_HOST, E_NO_GUEST, E_USAGE or E_BUSY. */
  async add(request: FaultRequest): Promise<FaultRecord> {
    this.#expire();
    if (this.#entries.size >= limits.faultsMax)
      throw new NomadError("E_BUSY", `at most ${limits.faultsMax} faults stand at a time`);
    const rule = this.#ruleOf(request);
    const { bothWays, chance, ms } = rule;
    const seed = request.seed ?? this.#lab.random.uint32();
    const id = `fault-${this.#lab.generation}-${this.#nextId++}`;
    const fault = { ...request, id, on: [...rule.on], bothWays, chance, ms, seed };
    const endsAt = request.seconds === undefined ? null : this.#lab.clock.now() + request.seconds * 1000;
    const entry: Entry = { fault, rule, endsAt, hits: new Map() };
    this.#entries.set(id, entry);
    await this.#tellAll();
    return this.#record(entry);
  }

  /** Those that stand, with what they have hit by now. */
  async list(): Promise<FaultRecord[]> {
    this.#expire();
    await this.#tellAll();
    return [...this.#entries.values()].map((entry) => this.#record(entry));
  }

  /** Lifts one, or `all`. Throws E_STATE when there is none of this name. */
  async lift(id: string): Promise<FaultRecord[]> {
    this.#expire();
    const found = [...this.#entries.values()].filter(({ fault }) => id === "all" || fault.id === id);
    if (found.length === 0 && id !== "all") throw new NomadError("E_STATE", `no fault ${id} stands`);
    for (const { fault } of found) this.#entries.delete(fault.id);
    await this.#tellAll(found);
    return found.map((entry) => this.#record(entry));
  }

  /** A host that comes up learns what stands. */
  onEvent(event: LabEvent): void {
    if (event.type === "host" && event.host.state === "up") void this.#tell(event.host.name);
  }

  /** A host whose HELLO was lost in a cut waits for an answer. Those that are up hear of the end of it, and come again. */
  #lifted(rule: FaultRule): void {
    if (rule.on.includes("journal")) this.#lab.writeNow();
    if (rule.kind !== "cut" || !rule.on.includes("control")) return;
    const isUp = (host: string) => this.#lab.directory.hosts.get(host)?.state === "up";
    this.#lab.reconnect((host) => !isUp(host) && isBetween(rule, host, "central"));
  }

  /** A message has come to central. */
  arrive(from: string, message: Parameters<typeof arrive>[3], deliver: () => void): void {
    arrive(this.#arrivals, "control", from, message, deliver);
  }

  /** How long central's next write is kept from the disk, ms. */
  writeDelayMs(): number {
    return this.#book.rules.judge("journal", "central", "central").ms;
  }

  #expire(): void {
    const now = this.#lab.clock.now();
    for (const [id, { endsAt }] of [...this.#entries]) if (endsAt !== null && endsAt <= now) this.#entries.delete(id);
  }

  /** Ends answer what they have counted up to then, of those just lifted, too. */
  async #tellAll(lifted: readonly Entry[] = []): Promise<void> {
    const counted = new Map([...this.#entries.values(), ...lifted].map((entry) => [entry.fault.id, entry]));
    heard(counted, "central", this.#book.hits);
    this.#book.set(this.#standing());
    const up = [...this.#lab.directory.hosts.values()].filter(({ state }) => state === "up");
    await Promise.all(up.map(({ name }) => this.#tell(name, counted)));
  }

  #tell(host: string, counted: ReadonlyMap<string, Entry> = this.#entries): Promise<void> {
    return new Promise((resolve) => {
      const onAnswer = (answer: Answer) => {
        if (answer.kind === "FAULTS_SET") heard(counted, host, answer.hits);
        resolve();
      };
      const o = { timeoutMs: defaults.controlRequestMs, onAnswer, onFail: resolve };
      const { generation } = this.#lab;
      const faults = this.#standing(isForHosts);
      this.#lab.ask(host, { kind: "FAULTS", generation, version: this.#version++, faults }, o);
    });
  }

  #standing(isWanted: (entry: Entry) => boolean = () => true): StandingFault[] {
    this.#expire();
    const now = this.#lab.clock.now();
    return [...this.#entries.values()].filter(isWanted).map(({ fault, rule, endsAt }) => {
      const leftMs = endsAt === null ? null : Math.max(0, endsAt - now);
      return { id: fault.id, seed: fault.seed, leftMs, rule: rule as StandingFault["rule"] };
    });
  }

  #record({ fault, endsAt, hits }: Entry): FaultRecord {
    const all = [...hits.values()].reduce((sum, one) => sum + one, 0);
    const secondsLeft = endsAt === null ? null : Math.max(0, endsAt - this.#lab.clock.now()) / 1000;
    return { ...fault, hits: all, secondsLeft };
  }

  #ruleOf(request: FaultRequest): FaultRule {
    const { kind, from, to, guest, qp, opcodes, message } = request;
    checkJournal(request);
    for (const end of [from, to]) if (end !== undefined && end !== "central") this.#lab.directory.host(end);
    const vlid = guest === undefined ? null : this.#lab.directory.guest(guest).vlid;
    const aboutPackets = vlid !== null || qp !== undefined || opcodes !== undefined;
    if (aboutPackets && message !== undefined) throw new NomadError("E_USAGE", "a packet is no control message");
    const named = vlid === null ? { vqpn: null, qpn: qp ?? null } : { vqpn: qp ?? null, qpn: null };
    return {
      ...everything,
      kind,
      on: request.on ?? defaultTraffic(request, aboutPackets),
      from: from ?? null,
      to: to ?? null,
      bothWays: request.bothWays ?? false,
      message: message ?? null,
      opcodes: opcodes ?? null,
      qp: vlid === null && qp === undefined ? null : ({ vlid, ...named } as FaultRule["qp"]),
      chance: request.chance ?? 1,
      timesMax: request.times ?? Number.MAX_SAFE_INTEGER,
      ms: request.ms ?? 0,
    };
  }
}

const isForHosts = ({ rule }: Entry): boolean => !rule.on.includes("journal");

/** What a write to the journal does not have. */
const ofTraffic = ["from", "to", "message", "guest", "qp", "opcodes"] as const;

/** Throws E_USAGE when more is wanted of central's disk than that it is slow. */
function checkJournal(request: FaultRequest): void {
  const { kind, on } = request;
  if (!on?.includes("journal")) return;
  if (kind !== "delay" || on.length > 1)
    throw new NomadError("E_USAGE", "writes to the journal can only be delayed, by a fault of their own");
  const which = ofTraffic.find((field) => request[field] !== undefined);
  if (which) throw new NomadError("E_USAGE", `a write to the journal has no ${which}`);
}

/** A host counts messages and packets, its bulk thread pages. */
function heard(entries: ReadonlyMap<string, Entry>, end: string, counts: readonly FaultHits[]): void {
  const sums = new Map<string, number>();
  for (const { id, hits } of counts) sums.set(id, (sums.get(id) ?? 0) + hits);
  for (const [id, hits] of sums) entries.get(id)?.hits.set(end, hits);
}

/** A cut is of everything, other faults are of packets, unless the request says what else it is about. */
function defaultTraffic({ kind, message }: FaultRequest, aboutPackets: boolean): FaultRule["on"] {
  if (message !== undefined) return ["control", "peer"];
  return kind === "cut" && !aboutPackets ? ["control", "peer", "wire", "bulk"] : ["wire"];
}
