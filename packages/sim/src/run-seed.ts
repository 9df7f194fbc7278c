import { NomadError, Random } from "@nomad/base";
import type { FaultName } from "./fault-plan.ts";
import type { Program } from "./guest.ts";
import { History } from "./history.ts";
import type { HostProcess } from "./host-process.ts";
import { Aborts } from "./invariants/aborts.ts";
import { Decisions } from "./invariants/decisions.ts";
import { Handles } from "./invariants/handles.ts";
import { Losses } from "./invariants/losses.ts";
import { OldNames } from "./invariants/old-names.ts";
import { OnePlace } from "./invariants/one-place.ts";
import { Told } from "./invariants/told.ts";
import type { Plan } from "./plan.ts";
import type { PlannedMove } from "./planned.ts";
import { type Planting, plantIn } from "./planting.ts";
import { programBytes } from "./programs/layout.ts";
import { talker } from "./programs/talker.ts";
import { trespasser, victim } from "./programs/trespass.ts";
import { Strikes } from "./strike.ts";
import { Traffic } from "./traffic.ts";
import { BeyondModel, must, Violation } from "./violation.ts";
import { World } from "./world.ts";

export interface SeedResult {
  readonly seed: number;
  readonly failure: { readonly invariant: string; readonly message: string } | null;
  /** Of all that happened: two runs of a seed have the same. */
  readonly history: string;
  /** How often a fault met a move in a phase, by `phase fault`. */
  readonly coverage: Readonly<Record<string, number>>;
  readonly virtualMs: number;
  readonly moves: { readonly released: number; readonly aborted: number; readonly lost: number };
  readonly delivered: number;
}

export interface SeedOptions {
  readonly plant?: Planting | null;
  readonly onLine?: ((line: string) => void) | null;
}

const afterMovesMs = 15;
/** In which all that faults have left undone must end. */
const patienceMs = 3000;

/** Run what a plan says, in a world of its own. Never throws: a failure is a result. */
export function runSeed(plan: Plan, options: SeedOptions = {}): SeedResult {
  using _planted = options.plant ? plantIn(options.plant) : null;
  return new SeedRun(plan, options.onLine ?? null).run();
}

class SeedRun {
  readonly #plan: Plan;
  readonly #world: World;
  readonly #traffic = new Traffic();
  readonly #places = new OnePlace(() => this.#world.hosts);
  readonly #oldNames = new OldNames();
  readonly #losses: Losses;
  readonly #aborts: Aborts;
  readonly #history: History;
  readonly #coverage: Record<string, number> = {};
  readonly #outcomes = { released: 0, aborted: 0, lost: 0 };

  constructor(plan: Plan, onLine: ((line: string) => void) | null) {
    this.#plan = plan;
    const { seed, hosts, latencyMs, drainBudgetMs } = plan;
    const world = new World({
      seed,
      hosts: hosts.length,
      latencyMs,
      drainBudgetMs,
      programs: this.#programs(),
      programBytes: programBytes(2),
    });
    this.#world = world;
    this.#losses = new Losses(world, this.#places);
    this.#aborts = new Aborts(world);
    this.#history = new History(() => world.clock.now(), onLine);
    for (const observer of [
      this.#places,
      new Handles(),
      new Told(() => world.hosts),
      this.#oldNames,
      this.#losses,
      new Decisions(world.disk),
      this.#history,
    ])
      world.observers.add(observer);
    this.#watchMoves();
    this.#traffic.onFailed = (own, peer, status) => this.#losses.connectionFailed(own, peer, status);
  }

  #programs(): Record<string, Program> {
    const traffic = this.#traffic;
    const programs: Record<string, Program> = {
      mallory: trespasser("mallory", "victim", traffic),
      victim: victim("victim", "mallory", traffic),
    };
    for (const { name: own, ...how } of this.#plan.guests) programs[own] = talker({ own, ...how, traffic, posts: 3 });
    return programs;
  }

  #watchMoves(): void {
    const { faults, moves } = this.#plan;
    const disturbed = faults.length > 0 || moves.some(({ flipPage }) => flipPage);
    this.#world.observers.add({
      phase: (move) => {
        if (move.outcome === "") return;
        this.#aborts.ended(move, disturbed);
        this.#outcomes[move.outcome]++;
      },
    });
  }

  run(): SeedResult {
    try {
      this.#live();
      return this.#result(null);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof BeyondModel) return this.#result(null);
      if (error instanceof Violation) {
        return this.#result({ invariant: String(error.invariant), message: error.message });
      }
      return this.#result({ invariant: "assertion", message: error.stack ?? error.message });
    }
  }

  #result(failure: SeedResult["failure"]): SeedResult {
    return {
      seed: this.#plan.seed,
      failure,
      history: this.#history.digest(),
      coverage: this.#coverage,
      virtualMs: this.#world.clock.now(),
      moves: this.#outcomes,
      delivered: this.#traffic.messages.total,
    };
  }

  get #guests(): readonly string[] {
    return [...this.#plan.guests.map(({ name }) => name), ...(this.#plan.trespasser ? ["mallory", "victim"] : [])];
  }

  /** From the first boot to the last look. */
  #live(): void {
    const { guests, hosts, trespasser } = this.#plan;
    for (const { name, host } of guests) this.#world.boot(name, name, host);
    if (trespasser) {
      this.#world.boot("victim", "victim", hosts[0] as string);
      this.#world.boot("mallory", "mallory", hosts[1] as string);
    }
    this.#waitUntil("the guests talk", () => this.#allTalk());
    this.#moveAndSuffer();
    this.#recover();
    this.#farewell();
  }

  #allTalk(): boolean {
    const { messages } = this.#traffic;
    return this.#plan.guests.every(({ name, peers }) =>
      peers.every((peer) => messages.deliveredBetween(name, peer) > 2),
    );
  }

  #moveAndSuffer(): void {
    const { faults, moves, seed } = this.#plan;
    const { clock } = this.#world;
    const strikes = new Strikes(this.#world, faults, new Random(seed ^ 0x5eed));
    strikes.onMet = (fault) => this.#met(fault);
    for (const move of moves) clock.after(move.atMs, () => this.#startMove(move));
    this.#world.run(Math.max(...moves.map(({ atMs }) => atMs), 0) + afterMovesMs);
    this.#world.until("faults have had their time", () => this.#quiet(), patienceMs / 2);
    strikes.endAll();
  }

  /** No move is under way, or has been for so long that only the end of the faults can help. */
  #quiet(): boolean {
    return this.#world.moves.all.length === 0 || this.#world.clock.now() > 300;
  }

  #met(fault: FaultName): void {
    for (const { phase } of this.#world.moves.all) {
      const key = `${phase} ${fault}`;
      this.#coverage[key] = (this.#coverage[key] ?? 0) + 1;
    }
  }

  /** An operator's request that cannot be granted is no failure. */
  #startMove({ guest, to, flipPage }: PlannedMove): void {
    if (!this.#world.centralProcess.alive) return;
    try {
      this.#world.startMove(guest, to, flipPage ? "flip-page" : "usual");
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
    }
  }

  /** With all faults over: moves end, dead hosts are noticed, and queue pairs towards them fail. */
  #recover(): void {
    const world = this.#world;
    this.#waitUntil("every move has ended", () => this.#noMoves());
    // The disk takes its time before central tells of it.
    world.run(5);
    this.#waitUntil("central knows which hosts live", () => world.hosts.every((host) => this.#isKnown(host)));
    for (const guest of this.#guests) this.#losses.reported(guest);
  }

  #noMoves(): boolean {
    const { moves, guests } = this.#world.central.status();
    return moves.every(({ outcome }) => outcome !== "") && guests.every(({ state }) => state !== "moving");
  }

  #isKnown({ name, incarnation, process }: HostProcess): boolean {
    const known = this.#world.central.directory.hosts.get(name);
    return process.alive ? known?.incarnation === incarnation && known.state === "up" : known?.state === "lost";
  }

  /** The guests say how many messages they have sent, and end; what they found is in their reports. */
  #farewell(): void {
    const { central } = this.#world;
    const alive = () => this.#guests.filter((name) => this.#world.stateOf(name) === "running");
    this.#world.run(afterMovesMs);
    for (const guest of this.#guests) this.#awaitFailures(guest);
    this.#world.askToEnd(...alive());
    this.#waitUntil("the guests have ended", () => alive().length === 0);
    for (const { name, peers } of this.#plan.guests) {
      const { state } = central.directory.guest(name);
      if (state === "lost") continue;
      const bereft = peers.some((peer) => central.directory.guest(peer).state === "lost");
      must(1, state === "exited" || bereft, () => `${name} has ${state}, and no peer of it was lost`);
    }
    this.#traffic.effects.checkTotals();
    this.#oldNames.checkAll();
  }

  /** Queue pairs towards a lost guest fail within their retries. */
  #awaitFailures(guest: string): void {
    const peers = this.#plan.guests.find(({ name }) => name === guest)?.peers ?? [];
    if (this.#world.stateOf(guest) !== "running") return;
    for (const peer of peers) {
      if (this.#world.stateOf(peer) !== "lost") continue;
      this.#waitUntil(`${guest} is told that ${peer} is gone`, () => this.#losses.hasFailed(guest, peer));
    }
  }

  #waitUntil(what: string, condition: () => boolean): void {
    const end = this.#world.clock.now() + patienceMs;
    while (!condition()) {
      const stepped = this.#world.clock.step();
      must(9, stepped && this.#world.clock.now() < end, () => `within ${patienceMs} ms it did not happen that ${what}`);
    }
  }
}
