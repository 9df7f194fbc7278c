import { defaults, NomadError } from "@nomad/base";
import type { CopyProgress, Injection } from "../http/index.ts";
import type { RequestOf } from "../message.ts";
import { type HostContext, ignore } from "./context.ts";
import { type RoundSize, type Verdict, verdictOn } from "./convergence.ts";
import type { Copied, Round } from "./effects.ts";

type Fail = (error: NomadError) => void;

/** A guest that is not to outrun the copying is kept from running for these shares of the time, one after the other. */
const throttleShares = [0.2, 0.5, 0.8, 0.95] as const;

/** Copies a guest's memory: round by round while it runs, until little is left, and the rest once it is stopped. */
export class Precopy {
  readonly #host: HostContext;
  readonly #m: RequestOf<"PRECOPY">;
  readonly #rounds: RoundSize[] = [];
  readonly #until: number;
  /** Rounds before this one were sent while the guest ran faster. */
  #slowerSince = 0;
  #throttles = 0;
  #ended = false;

  constructor(host: HostContext, m: RequestOf<"PRECOPY">) {
    this.#host = host;
    this.#m = m;
    this.#until = host.now + m.budgetMs;
  }

  /** `done` hears whether what is left is little. */
  run(done: (converged: boolean) => void, fail: Fail): void {
    const round = () => this.#round(false, next, fail);
    const next = () => {
      const verdict = this.#verdict();
      if (verdict === "again") return round();
      if (verdict === "converged") return done(true);
      if (this.#m.onDivergence === "abort") return fail(diverged(this.#rounds));
      if (this.#m.onDivergence === "throttle" && this.#slowDown(round, fail)) return;
      done(false);
    };
    this.#host.bulk(this.#m.move, { do: "open", vlid: this.#m.vlid, url: this.#m.bulkUrl }, round, fail);
  }

  #verdict(): Verdict {
    const timeIsUp = this.#host.now >= this.#until;
    const roundsLeft = this.#m.roundsMax - this.#rounds.length;
    return verdictOn(this.#rounds.slice(this.#slowerSince), { roundsLeft, timeIsUp });
  }

  /** False when the guest is as slow as it gets, or its time is up. */
  #slowDown(then: () => void, fail: Fail): boolean {
    const share = throttleShares[this.#throttles];
    if (share === undefined || this.#host.now >= this.#until || this.#rounds.length >= this.#m.roundsMax) return false;
    this.#throttles++;
    this.#slowerSince = this.#rounds.length - 1;
    this.#host.vmm(this.#m.vlid, { do: "throttle", share }, then, fail);
    return true;
  }

  /** The guest is stopped: what is left, as fast as it goes. */
  last(then: (round: Round) => void, fail: Fail): void {
    this.#round(true, then, fail);
  }

  #round(final: boolean, then: (round: Round) => void, fail: Fail): void {
    const { move, vlid, generation, bytesPerSecondMax } = this.#m;
    const round = this.#rounds.length;
    const done = (result: Round) => {
      const { pages, bytes } = result;
      this.#rounds.push({ pages });
      this.#host.tell("central", { kind: "PROGRESS", move, vlid, generation, round, pages, bytes, final });
      if (!this.#ended) then(result);
    };
    const how = { inject: this.#injected(round, final), bytesPerSecondMax: final ? null : bytesPerSecondMax };
    this.#host.bulk<Round>(move, { do: "round", round, final, ...how }, done, fail);
  }

  /** A page is flipped among the last, which nothing mends; one becomes zeros among the first, most of which stay as they are. */
  #injected(round: number, final: boolean): Injection | null {
    const { inject } = this.#m;
    const isDue = inject === "flip-page" ? final : round === 0;
    return isDue ? inject : null;
  }

  /** Central is told how far the round under way is. */
  copying(copied: Copied): void {
    const { move, vlid, generation } = this.#m;
    const throttlePercent = 100 * (throttleShares[this.#throttles - 1] ?? 0);
    const progress = { ...progressOf(copied, this.#rounds.at(-1)?.pages ?? copied.totalPages), throttlePercent };
    this.#host.tell("central", { kind: "COPYING", move, vlid, generation, progress });
  }

  /** The move is undone: the guest runs as fast as before. */
  abandon(): void {
    this.#ended = true;
    this.#host.bulk(this.#m.move, { do: "forget" }, ignore, ignore);
    if (this.#throttles > 0) this.#host.vmm(this.#m.vlid, { do: "throttle", share: 0 }, ignore, ignore);
  }
}

/** @param expected pages that the round will send, by the one before it */
export function progressOf(copied: Copied, expected: number): Omit<CopyProgress, "throttlePercent"> {
  const { scannedPages, totalPages, bytes, ms } = copied;
  const left = expected * (1 - scannedPages / totalPages);
  const bytesPerSecond = ms > 0 ? Math.round((bytes * 1000) / ms) : 0;
  const etaMs = bytesPerSecond > 0 ? Math.round((left * defaults.pageBytes * 1000) / bytesPerSecond) : 0;
  return { percent: Math.round(1000 * (1 - left / totalPages)) / 10, bytesPerSecond, etaMs };
}

function diverged(rounds: readonly RoundSize[]): NomadError {
  const sizes = rounds.slice(-3).map(({ pages }) => pages);
  return new NomadError("E_DIVERGED", `the guest writes as fast as it is copied: ${sizes.join(", ")} pages a round`);
}
