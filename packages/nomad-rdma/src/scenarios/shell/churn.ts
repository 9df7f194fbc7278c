import type { Random } from "@nomad/base";
import type { MoveRecord } from "@nomad/protocol/http";
import { reportOf } from "../../output/error-text.ts";
import { InvariantWatch } from "../../watch/shell/invariant-watch.ts";
import { bothEndsAreDue, churnMoves } from "../churn-plan.ts";
import type { DemoPair } from "../demo-pairs.ts";
import type { PlannedMove } from "../tour-plan.ts";
import { anyEnded, counts, type Made, runScenario, type ScenarioRecord, type ScenarioRun } from "./scenario.ts";

/** Moves at random, all the time, on a lab that is up. */
export interface ChurnRun extends ScenarioRun {
  readonly pairs: readonly DemoPair[];
  readonly hosts: readonly string[];
  readonly random: Random;
  readonly seconds: number;
}

/** Moves asked for and not ended, at most. */
const underWayMax = 4;
/** A guest sends in every second outside of a pause, and reports about once a second: so long it takes to know of one that has not. */
const silentMs = 3000;
const lookMs = 250;

/** Moves guests at random until the time is up, several at once; none may fall silent meanwhile. */
export function runChurn(run: ChurnRun): Promise<ScenarioRecord> {
  return runScenario(run, async (made) => {
    await using watch = new InvariantWatch(run.client);
    await new Churn(run, made).run();
    made.troubles.push(...watch.violations);
  });
}

class Churn {
  readonly #run: ChurnRun;
  readonly #made: Made;
  readonly #underWay = new Set<Promise<void>>();
  readonly #moving = new Set<string>();
  /** Of how many guests each move was that was asked for. */
  readonly #asked: number[] = [];
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
      if (next.length > 0) this.#asked.push(next.length);
      if (next.length === 0) await Promise.race([...this.#underWay, events.reaches(() => false, 1000, signal)]);
    }
    await Promise.all(this.#underWay);
    await silence;
  }

  #next(): PlannedMove[] {
    const { pairs, hosts, random, events } = this.#run;
    const running = [...events.view.guests.values()].filter(({ state }) => state === "running");
    const resting = running.filter(({ name }) => !this.#moving.has(name));
    const at = new Map(resting.map(({ name, host }) => [name, host]));
    return churnMoves(pairs, hosts, at, { random, bothEnds: bothEndsAreDue(this.#asked) });
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

  /** Looks all the time whether every guest has sent more, but while it or its peer is on the move. */
  async #watchSilence(end: number): Promise<void> {
    const { events, signal, pairs } = this.#run;
    const heard = new Map<string, { sent: number; at: number }>();
    while (performance.now() < end && !this.#failed) {
      const now = performance.now();
      for (const [guest, sent] of counts(this.#run, events.view, "sent")) {
        const before = heard.get(guest);
        const moves = pairs.some((pair) => pair.includes(guest) && pair.some((name) => this.#moving.has(name)));
        if (!before || moves || sent > before.sent) heard.set(guest, { sent, at: now });
        else if (now - before.at > silentMs) this.#stuck(guest);
      }
      await events.reaches(() => this.#failed, lookMs, signal);
    }
  }

  #stuck(guest: string): void {
    if (this.#failed) return;
    this.#made.troubles.push(
      `${guest}: expected messages in every second outside of a pause, saw none for ${silentMs} ms`,
    );
    this.#failed = true;
  }
}
