import type { Random } from "@nomad/base";
import type { MoveRecord } from "@nomad/protocol/http";
import { reportOf } from "../../output/error-text.ts";
import { churnMoves } from "../churn-plan.ts";
import type { DemoPair } from "../demo-pairs.ts";
import type { PlannedMove } from "../tour-plan.ts";
import { anyEnded, deliveries, type Made, runScenario, type ScenarioRecord, type ScenarioRun } from "./scenario.ts";

/** Moves at random, all the time, on a lab that is up. */
export interface ChurnRun extends ScenarioRun {
  readonly pairs: readonly DemoPair[];
  readonly hosts: readonly string[];
  readonly random: Random;
  readonly seconds: number;
}

/** Moves asked for and not ended, at most. */
const underWayMax = 4;
/** A guest reports about once a second. One that has delivered nothing more for so long, pauses apart, is stuck. */
const silentMs = 10_000;

/** Moves guests at random until the time is up, several at once; none may fall silent meanwhile. */
export function runChurn(run: ChurnRun): Promise<ScenarioRecord> {
  return runScenario(run, (made) => new Churn(run, made).run());
}

class Churn {
  readonly #run: ChurnRun;
  readonly #made: Made;
  readonly #underWay = new Set<Promise<void>>();
  readonly #moving = new Set<string>();
  #failed = false;

  constructor(run: ChurnRun, made: Made) {
    this.#run = run;
    this.#made = made;
  }

  async run(): Promise<void> {
    const { events, signal, seconds } = this.#run;
    const end = performance.now() + seconds * 1000;
    const silence = this.#watchSilence(end);
    while (performance.now() < end && !this.#failed && !anyEnded(this.#run, events.view)) {
      const next = this.#underWay.size < underWayMax ? this.#next() : [];
      for (const move of next) this.#start(move);
      if (next.length === 0) await Promise.race([...this.#underWay, events.reaches(() => false, 1000, signal)]);
    }
    await Promise.all(this.#underWay);
    await silence;
  }

  #next(): PlannedMove[] {
    const { pairs, hosts, random, events } = this.#run;
    const running = [...events.view.guests.values()].filter(({ state }) => state === "running");
    const resting = running.filter(({ name }) => !this.#moving.has(name));
    return churnMoves(pairs, hosts, new Map(resting.map(({ name, host }) => [name, host])), random);
  }

  #start(planned: PlannedMove): void {
    this.#made.planned.push(planned);
    this.#moving.add(planned.guest);
    const ended = this.#move(planned).finally(() => {
      this.#moving.delete(planned.guest);
      this.#underWay.delete(ended);
    });
    this.#underWay.add(ended);
  }

  async #move({ guest, to }: PlannedMove): Promise<void> {
    const { client, signal } = this.#run;
    try {
      const move: MoveRecord = await client.move({ guest, to }, { wait: true, signal });
      this.#made.moves.push(move);
      this.#failed ||= move.outcome !== "released";
    } catch (error) {
      signal.throwIfAborted();
      const { code, message } = reportOf(error);
      this.#made.troubles.push(`move of ${guest} to ${to}: ${code} ${message}`);
      this.#failed = true;
    }
  }

  /** Looks now and then whether every guest has delivered more than at the last look. */
  async #watchSilence(end: number): Promise<void> {
    const { events, signal } = this.#run;
    while (performance.now() + silentMs < end && !this.#failed) {
      const before = deliveries(this.#run, events.view);
      await events.reaches(() => this.#failed, silentMs, signal);
      const now = deliveries(this.#run, events.view);
      for (const [guest, count] of now) if (count <= (before.get(guest) ?? 0)) this.#stuck(guest);
    }
  }

  #stuck(guest: string): void {
    if (this.#failed) return;
    this.#made.troubles.push(`${guest}: expected traffic all the time, saw none for ${silentMs} ms`);
    this.#failed = true;
  }
}
