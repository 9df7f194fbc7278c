import type { Random } from "@nomad/base";
import type { MoveRecord } from "@nomad/protocol/http";
import { everything } from "@nomad/wire";
import type { Fault, FaultName, Role, RuledFault } from "./fault-plan.ts";
import type { World } from "./world.ts";

/** Lets the faults of a plan strike a world, each at its moment, and ends them after their time. */
export class Strikes {
  readonly #world: World;
  readonly #random: Random;
  readonly #start: number;
  readonly #waiting: Set<Fault>;
  /** Faults in force, with what ends them. */
  readonly #inForce = new Map<Fault, () => void>();
  /** Faults whose phase has come. */
  readonly #due = new Set<Fault>();
  readonly #phases = new Map<string, string>();
  onMet: (fault: FaultName) => void = () => {};

  constructor(world: World, faults: readonly Fault[], random: Random) {
    this.#world = world;
    this.#random = random;
    this.#start = world.clock.now();
    this.#waiting = new Set(faults);
    world.onHit = (kind) => this.#met(kind as FaultName);
    for (const fault of faults) {
      world.clock.after(fault.when.atMs, () => fault.when.phase === null && this.#strike(fault));
    }
    world.observers.add({ phase: (move) => this.#phase(move) });
  }

  #met(fault: FaultName): void {
    this.onMet(fault);
  }

  /** A move has entered a phase: what waited for that strikes, a little later. */
  #phase(move: MoveRecord): void {
    if (this.#phases.get(move.id) === move.phase) return;
    this.#phases.set(move.id, move.phase);
    for (const fault of this.#inForce.keys()) if (!isRuled(fault)) this.#met(fault.do);
    const { clock } = this.#world;
    for (const fault of this.#waiting) {
      const { phase, atMs, lagMs } = fault.when;
      if (phase !== move.phase || clock.now() - this.#start < atMs || this.#due.has(fault)) continue;
      this.#due.add(fault);
      clock.after(lagMs, () => this.#strike(fault, move));
    }
  }

  #strike(fault: Fault, move: MoveRecord | undefined = this.#world.moves.all[0]): void {
    if (!this.#waiting.delete(fault)) return;
    const end = this.#begin(fault, move);
    if (end === null) return;
    if (!isRuled(fault)) this.#met(fault.do);
    this.#inForce.set(fault, end);
    this.#world.clock.after(fault.forMs, () => this.#end(fault));
  }

  #end(fault: Fault): void {
    const end = this.#inForce.get(fault);
    this.#inForce.delete(fault);
    end?.();
  }

  /** Nothing strikes any more, and all that can end has ended. */
  endAll(): void {
    this.#waiting.clear();
    for (const fault of [...this.#inForce.keys()]) this.#end(fault);
  }

  /** What ends it; null when there is nobody whom it could strike. */
  #begin(fault: Fault, move: MoveRecord | undefined): (() => void) | null {
    const name = (role: Role) => this.#name(role, move);
    const { observers, disk } = this.#world;
    observers.happened(`fault: ${fault.do}`);
    switch (fault.do) {
      case "cut":
        return this.#cut(name(fault.a), name(fault.b), fault.oneWay);
      case "crash":
      case "restart":
        return this.#crash(name(fault.who), fault.do === "restart");
      case "pause":
        return this.#pause(name(fault.who));
      case "torn-write":
        return this.#tearWrite();
      case "slow-disk":
        disk.commitMs = fault.commitMs;
        return () => disk.mend();
      case "drift":
        return this.#drift(name(fault.who), fault.rate);
      case "forge":
        return move ? this.#forge(move) : null;
      default:
        return this.#rule(fault, name);
    }
  }

  #rule(fault: RuledFault, name: (role: Role) => string): () => void {
    const { do: kind, on, chance, ms, from, to } = fault;
    const direction = { from: from && name(from), to: to && name(to) };
    return this.#world.rules.add({ ...everything, ...direction, kind, on, chance, ms });
  }

  /** Who plays this part in the move; without one, any host. */
  #name(role: Role, move: MoveRecord | undefined): string {
    if (role === "central") return "central";
    if (move && role === "source") return move.from;
    if (move && role === "destination") return move.to;
    const others = this.#world.hosts.map(({ name }) => name).filter((name) => name !== move?.from && name !== move?.to);
    return this.#random.pick(others.length > 0 ? others : this.#world.hosts.map(({ name }) => name));
  }

  #cut(a: string, b: string, oneWay: boolean): (() => void) | null {
    const { network, rules } = this.#world;
    if (a === b) return null;
    if (!oneWay) {
      network.cut(a, b);
      return () => network.mend(a, b);
    }
    return rules.add({ ...everything, kind: "cut", on: ["control", "peer", "wire"], from: a, to: b });
  }

  #crash(name: string, restarts: boolean): (() => void) | null {
    const world = this.#world;
    if (name === "central") {
      if (!world.centralProcess.alive) return null;
      world.killCentral();
      return () => world.restartCentral();
    }
    if (!world.hostProcess(name).process.alive || !this.#mayDie()) return null;
    world.kill(name);
    return () => {
      if (restarts && !world.hostProcess(name).process.alive) world.startHost(name);
    };
  }

  #tearWrite(): () => void {
    let restart: (() => void) | null = null;
    const mend = this.#world.disk.tearNext(() => {
      restart = this.#crash("central", true);
    });
    return () => {
      mend();
      restart?.();
    };
  }

  /** One host stays, so that there is a lab. */
  #mayDie(): boolean {
    return this.#world.hosts.filter(({ process }) => process.alive).length > 1;
  }

  #pause(name: string): (() => void) | null {
    const process = this.#process(name);
    if (!process.alive || process.paused) return null;
    process.pause();
    return () => process.resume();
  }

  #process(name: string) {
    return name === "central" ? this.#world.centralProcess : this.#world.hostProcess(name).process;
  }

  #drift(name: string, rate: number): (() => void) | null {
    const process = this.#process(name);
    process.drift(rate);
    return () => process.drift(1);
  }

  /** A host that has nothing to do with the move says RESUME_PEER to all, without its token. */
  #forge(move: MoveRecord): () => void {
    const { network, hosts } = this.#world;
    const { vlid } = this.#world.central.directory.guest(move.guest);
    const generation = this.#world.central.generation;
    const id = 2 ** 31 + (this.#random.uint32() >>> 1);
    const claim = { move: move.id, vlid, generation, token: "forged", epoch: 0, names: [] };
    for (const from of hosts) {
      if (!from.process.alive || !from.joined) continue;
      const message = { kind: "RESUME_PEER" as const, id, ...claim, dlid: from.lid, host: from.name };
      for (const to of hosts) if (to !== from) network.send(from, to.name, message);
    }
    return () => {};
  }
}

const isRuled = (fault: Fault): boolean => "on" in fault;
