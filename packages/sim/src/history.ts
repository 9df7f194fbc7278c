import { createHash } from "node:crypto";
import type { FaultKind } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import type { MoveRecord } from "@nomad/protocol/http";
import type { Observer } from "./observer.ts";

/** Not told line by line: they say nothing of a move. */
const quiet = new Set<Message["kind"]>(["HEARTBEAT", "LOOKUP", "FOUND"]);

/**
 * What happened, line by line: messages, phases, faults. The digest is over all lines, so that two runs of one seed can
 * be compared; `onLine` gets those worth reading.
 */
export class History implements Observer {
  readonly #now: () => number;
  readonly #hash = createHash("sha256");
  readonly #onLine: ((line: string) => void) | null;
  #phases = new Map<string, string>();

  constructor(now: () => number, onLine: ((line: string) => void) | null) {
    this.#now = now;
    this.#onLine = onLine;
  }

  control(from: string, to: string, message: Message, fate: FaultKind): void {
    const number = "id" in message ? ` #${message.id}` : "re" in message ? ` re #${message.re}` : "";
    const move = "move" in message ? ` of move ${message.move}` : "";
    const why = message.kind === "FAILED" ? ` ${message.code}` : "";
    const end = fate === "pass" ? "" : ` [${fate}]`;
    this.#note(`${from} -> ${to}: ${message.kind}${number}${move}${why}${end}`, !quiet.has(message.kind));
  }

  phase(move: MoveRecord): void {
    if (this.#phases.get(move.id) === move.phase) return;
    this.#phases.set(move.id, move.phase);
    const why = move.error ? ` (${move.error.code})` : "";
    this.#note(`move ${move.id} of ${move.guest} from ${move.from} to ${move.to}: ${move.phase}${why}`, true);
  }

  happened(what: string): void {
    this.#note(`* ${what}`, true);
  }

  #note(what: string, worthReading: boolean): void {
    const line = `${this.#now().toFixed(4).padStart(10)} ${what}`;
    this.#hash.update(line);
    if (worthReading) this.#onLine?.(line);
  }

  /** Of all that has happened. Ends the history. */
  digest(): string {
    return this.#hash.digest("hex").slice(0, 16);
  }
}
