import type { Guest, Host, LabEvent, MoveRecord } from "@nomad/protocol/http";
import { bytes, duration, plural } from "./format.ts";
import type { Style } from "./style.ts";
import { stageOf } from "./views.ts";

/** A sentence about what happened; one that is passing will be overtaken by the next. */
export interface Sentence {
  readonly text: string;
  readonly passing: boolean;
}

/** What of an event is news: the state that is told of, so that the same is not told twice. */
interface News {
  readonly key: string;
  readonly state: string;
  readonly sentence: Sentence;
}

/** Tells what a lab's events mean, once for each change. */
export class Narrator {
  readonly #told = new Map<string, string>();
  readonly #style: Style;
  readonly #withLines: boolean;
  #moves = 0;

  /** @param withLines also tell what the guests print */
  constructor(style: Style, withLines: boolean) {
    this.#style = style;
    this.#withLines = withLines;
  }

  /** A sentence, or null when the event is no news. */
  tell(event: LabEvent): Sentence | null {
    const news = this.#news(event);
    if (news === null || this.#told.get(news.key) === news.state) return null;
    if (event.type === "move" && !this.#told.has(news.key)) this.#moves++;
    this.#told.set(news.key, news.state);
    return event.type === "move"
      ? { ...news.sentence, text: `move ${this.#moves}: ${news.sentence.text}` }
      : news.sentence;
  }

  #news(event: LabEvent): News | null {
    switch (event.type) {
      case "host":
        return this.#ofHost(event.host);
      case "guest":
        return this.#ofGuest(event.guest);
      case "move":
        return this.#ofMove(event.move);
      case "log":
        if (!this.#withLines) return null;
        return { key: "", state: `${event.time} ${event.line}`, sentence: stays(`${event.guest} | ${event.line}`) };
      case "report":
        return null;
    }
  }

  #ofHost({ name, state }: Host): News {
    const text = `${name} is ${state === "up" ? state : this.#style.bad(state)}`;
    return { key: `host ${name}`, state, sentence: stays(text) };
  }

  #ofGuest({ name, state, host, exitCode, error }: Guest): News | null {
    // A move tells the same, and more.
    if (state === "moving" || (state === "running" && this.#told.get(`guest ${name}`) === state)) return null;
    const why = [exitCode === null ? "" : `exit code ${exitCode}`, error?.code, error?.message]
      .filter(Boolean)
      .join(" ");
    const isPast = state === "exited" || state === "failed";
    const bad = state === "failed" || state === "lost";
    const text = `${name} ${isPast ? "has" : "is"} ${bad ? this.#style.bad(state) : state} on ${host}${why === "" ? "" : ` (${why})`}`;
    return { key: `guest ${name}`, state, sentence: stays(text) };
  }

  #ofMove(move: MoveRecord): News {
    const what = `${move.guest} ${move.from} -> ${move.to}`;
    const key = `move ${move.id}`;
    if (move.outcome === "") {
      const stage = `${stageOf(move)}${copying(move)}`;
      return { key, state: stage, sentence: { text: `${what}: ${stage}`, passing: true } };
    }
    const outcome = move.outcome === "released" ? this.#style.good(move.outcome) : this.#style.bad(move.outcome);
    const figures = `${duration(move.totalMs)}, paused ${duration(move.pausedMs)}, ${plural(move.rounds, "round")}`;
    const why = move.error ? ` (${move.error.code} ${move.error.message})` : "";
    return { key, state: move.outcome, sentence: stays(`${what}: ${outcome}${why} in ${figures}`) };
  }
}

/** How far the copying of a guest that runs is; empty when it is not being copied. */
function copying({ phase, progress }: MoveRecord): string {
  const { percent, bytesPerSecond, etaMs, throttlePercent } = progress;
  if (phase !== "prepared" || bytesPerSecond === 0) return "";
  const slowed = throttlePercent > 0 ? `, slowed down by ${throttlePercent} %` : "";
  return `, ${percent.toFixed(0)} % at ${bytes(bytesPerSecond)}/s, ${duration(etaMs)} to go${slowed}`;
}

function stays(text: string): Sentence {
  return { text, passing: false };
}
