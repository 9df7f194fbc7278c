import { type Clock, timings } from "@nomad/base";
import type { Answer, Central, Request, Unnumbered } from "@nomad/protocol";
import type { LabEvent, MoveRecord, MoveTraffic } from "@nomad/protocol/http";
import { merge, type SeenTraffic } from "./merge.ts";

/** Shown before the move and after it; and when it has ended hosts are asked so much later, ms. */
const aroundMs = 500;
/** Of so many moves it is kept, the latest. */
const movesMax = 200;

/** What of central is needed to ask hosts what they have measured. */
export interface TrafficLab {
  readonly directory: Central["directory"];
  readonly clock: Clock;
  readonly ask: (
    to: string,
    message: Unnumbered<Request>,
    o: { readonly timeoutMs: number; readonly onAnswer: (answer: Answer) => void; readonly onFail: () => void },
  ) => void;
}

/** A guest's traffic through each of its moves: hosts measure it always, and forget it soon; here it is kept. No IO. */
export class MoveTraffics {
  readonly #lab: TrafficLab;
  readonly #kept = new Map<string, MoveTraffic>();
  /** That will be asked about. */
  readonly #due = new Set<string>();

  constructor(lab: TrafficLab) {
    this.#lab = lab;
  }

  onEvent(event: LabEvent): void {
    if (event.type !== "move" || event.move.outcome === "" || this.#kept.has(event.move.id)) return;
    const { move } = event;
    if (this.#due.has(move.id)) return;
    this.#due.add(move.id);
    this.#lab.clock.after(aroundMs, () => void this.#keep(move));
  }

  async #keep(move: MoveRecord): Promise<void> {
    this.#kept.set(move.id, await this.#ask(move));
    this.#due.delete(move.id);
    for (const id of [...this.#kept.keys()].slice(0, -movesMax)) this.#kept.delete(id);
  }

  /** As far as it has come, for a move under way; empty bins where nothing is known. */
  async of(move: MoveRecord): Promise<MoveTraffic> {
    return this.#kept.get(move.id) ?? (await this.#ask(move));
  }

  async #ask(move: MoveRecord): Promise<MoveTraffic> {
    const { guest, from, to, startedAt, totalMs } = move;
    const vlid = this.#lab.directory.guests.get(guest)?.vlid;
    if (vlid === undefined) return merge([], startedAt);
    const untilMs = startedAt + totalMs + aroundMs;
    const message = { kind: "TRAFFIC" as const, vlid, fromMs: Math.max(0, startedAt - aroundMs), untilMs };
    const seen = await Promise.all([from, to].map((host) => this.#askHost(host, message)));
    return merge(
      seen.filter((one) => one !== null),
      startedAt,
    );
  }

  /** Null when it does not tell. */
  #askHost(host: string, message: Unnumbered<Extract<Request, { kind: "TRAFFIC" }>>): Promise<SeenTraffic | null> {
    const { promise, resolve } = Promise.withResolvers<SeenTraffic | null>();
    this.#lab.ask(host, message, {
      timeoutMs: timings.controlRequestMs,
      onAnswer: (answer) => resolve(answer.kind === "TRAFFIC_SEEN" ? answer : null),
      onFail: () => resolve(null),
    });
    return promise;
  }
}
