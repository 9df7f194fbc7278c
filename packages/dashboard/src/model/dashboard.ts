import type { LabEvent } from "@nomad/protocol/http";
import { applyEvent, emptyView, type LabView } from "@nomad/protocol/http/view";
import { Rates } from "./rates.ts";
import { Series } from "./series.ts";

/** Is central there? `waiting`: it was, or will be; we try. */
export type Presence = "connecting" | "live" | "gone" | "refused";

/** All that the dashboard shows, as told so far. */
export class Dashboard {
  presence: Presence = "connecting";
  view: LabView = emptyView();
  rates = new Rates();
  readonly throughput = new Series();
  /** When each move entered the phase it is in, ms. */
  readonly phaseSince = new Map<string, number>();

  /** A new stream begins with the present state: what was known before may be gone. */
  begin(): void {
    this.presence = "live";
    this.view = emptyView();
    this.rates = new Rates();
  }

  /** `now`: ms. True when a move has entered another phase. */
  take(event: LabEvent, now: number): boolean {
    const entered = event.type === "move" && this.view.moves.get(event.move.id)?.phase !== event.move.phase;
    if (entered) this.phaseSince.set(event.move.id, now);
    applyEvent(this.view, event);
    if (event.type === "report") this.rates.take(event.guest, event.report, now);
    if (event.type === "guest" && event.guest.state !== "running" && event.guest.state !== "moving")
      this.rates.forget(event.guest.name);
    return entered;
  }

  /** Once a second. */
  sample(now: number): void {
    this.throughput.push(this.rates.total(), now);
  }
}
