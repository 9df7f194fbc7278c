import type { LatencyBucket, TimedMove } from "@nomad/evaluation";
import type { LabEvent, MoveRecord } from "@nomad/protocol/http";
import * as z from "zod";
import { moveSample } from "./move-sample.ts";

/** A line of the guest program `many-ping` (packages/guest/programs/many/series.ts). */
const seriesLine = z.object({
  bucketUs: z.number(),
  buckets: z.array(z.tuple([z.number(), z.number(), z.number()])),
});

const prefix = "series ";

/** Hears what a measuring guest prints, and when moves reach their phases. */
export class LatencyLog {
  readonly #measuring: string;
  readonly #now: () => number;
  readonly #reached = new Map<string, Record<string, number>>();
  readonly buckets: LatencyBucket[] = [];
  bucketMs = 0;
  #began = 0;

  /** @param now milliseconds since 1970, as lines are stamped */
  constructor(measuring: string, now: () => number) {
    this.#measuring = measuring;
    this.#now = now;
  }

  take(event: LabEvent): void {
    if (event.type === "move") this.#phase(event.move);
    if (event.type === "log" && event.guest === this.#measuring) this.#line(event.line, event.time);
  }

  /** A move that has ended, on the time axis of the buckets. */
  timed(record: MoveRecord): TimedMove {
    const reached = Object.entries(this.#reached.get(record.id) ?? {});
    const reachedMs = Object.fromEntries(reached.map(([phase, at]) => [phase, at - this.#began]));
    return { ...moveSample(record), reachedMs };
  }

  #phase({ id, phase }: MoveRecord): void {
    const reached = this.#reached.get(id) ?? {};
    reached[phase] ??= this.#now();
    this.#reached.set(id, reached);
  }

  #line(line: string, time: number): void {
    if (line.endsWith(": began")) this.#began = time;
    if (!line.startsWith(prefix)) return;
    const { bucketUs, buckets } = seriesLine.parse(JSON.parse(line.slice(prefix.length)));
    this.bucketMs = bucketUs / 1000;
    this.buckets.push(...buckets);
  }
}
