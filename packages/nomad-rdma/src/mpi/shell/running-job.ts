import { type Guest, hasEnded, type LabView } from "@nomad/protocol/http";
import type { LabClient } from "../../client/shell/lab-client.ts";
import type { LabWatch } from "../../client/shell/lab-watch.ts";
import { type Job, jobGuests, type RankResult } from "../job.ts";

/** How long guests may take to be destroyed. */
const destroyMs = 5000;
/** How long a job may take unless it is said, ms: a week, as good as for ever. */
const endMs = 7 * 24 * 3600 * 1000;

interface Place {
  readonly client: LabClient;
  readonly events: LabWatch;
  readonly signal: AbortSignal;
}

/** A job whose ranks have been started. Those that still run when it is disposed of are destroyed. */
export class RunningJob implements AsyncDisposable {
  /** By rank, as they were when they started. */
  readonly guests: readonly Guest[];
  readonly #place: Place;

  private constructor(place: Place, guests: readonly Guest[]) {
    this.#place = place;
    this.guests = guests;
  }

  /** Starts all ranks, or none. */
  static async start(place: Place, job: Job): Promise<RunningJob> {
    const guests: Guest[] = [];
    try {
      for (const guest of jobGuests(job)) {
        place.signal.throwIfAborted();
        guests.push(await place.client.runGuest(guest));
      }
    } catch (error) {
      await new RunningJob(place, guests)[Symbol.asyncDispose]();
      throw error;
    }
    return new RunningJob(place, guests);
  }

  /** The ranks as they are now. */
  now(view: LabView): Guest[] {
    return this.guests.map((guest) => {
      const seen = view.guests.get(guest.name);
      return seen?.vlid === guest.vlid ? seen : guest;
    });
  }

  /** Has any rank ended otherwise than well? The others would wait for it for ever. */
  hasFailed(view: LabView): boolean {
    return this.now(view).some((guest) => hasEnded(guest) && (guest.state !== "exited" || guest.exitCode !== 0));
  }

  /** Have all ranks ended, or has the job failed? */
  isOver(view: LabView): boolean {
    return this.hasFailed(view) || this.now(view).every(hasEnded);
  }

  /** Waits for the end of all ranks; when one fails, the others are destroyed. E_TIMEOUT when they do not end in time. */
  async ended(withinMs = endMs): Promise<RankResult[]> {
    const { client, events, signal } = this.#place;
    await events.until("all ranks end", (view) => this.isOver(view), withinMs, signal);
    if (this.hasFailed(events.view)) await this.#destroy();
    const reports = await Promise.all(this.guests.map(({ name }) => client.report(name).catch(() => null)));
    return this.now(events.view).map((guest, rank) => ({ rank, guest, report: reports[rank] ?? null }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#destroy();
  }

  async #destroy(): Promise<void> {
    const { client, events } = this.#place;
    const left = (view: LabView): Guest[] => this.now(view).filter((guest) => !hasEnded(guest));
    await Promise.allSettled(left(events.view).map(({ name }) => client.stopGuest(name, true)));
    // Central may be gone, and the guests with it: then there is nobody to wait for.
    await events.reaches((view) => left(view).length === 0, destroyMs).catch(() => false);
  }
}
