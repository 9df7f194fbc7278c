import type { LatencySeries, TimedMove } from "@nomad/evaluation";
import { hostNames } from "../../lab/host-names.ts";
import { LatencyLog } from "../latency-log.ts";
import { BenchLab, type Place } from "./bench-lab.ts";

/** The side with the smaller name measures. */
const measuring = "alice";
const moving = "bob";
const image = "many-ping";
const messageBytes = 64;
/** Between two moves. */
const restMs = 400;

/** Two guests send a message to and fro while one of them moves `count` times; the other measures. */
export async function measureLatency(place: Place, count: number): Promise<LatencySeries> {
  const [home, ...others] = hostNames(3);
  const log = new LatencyLog(measuring, () => performance.timeOrigin + performance.now());
  await using lab = await BenchLab.start(place, hostNames(3), (event) => log.take(event));
  await lab.startGuests([request(measuring, moving, home), request(moving, measuring, others[0])]);
  const moves: TimedMove[] = [];
  for (let i = 0; i < count; i++) {
    await lab.rest(restMs);
    const record = await lab.move(moving, others[(i + 1) % 2] as string);
    if (record.outcome === "released") moves.push(log.timed(record));
  }
  await lab.rest(restMs);
  await lab.endGuests([measuring, moving]);
  return { messageBytes, bucketMs: log.bucketMs, buckets: log.buckets, moves };
}

const request = (name: string, peer: string, host = "") => ({ name, image, host, arguments: { name, peer } });
