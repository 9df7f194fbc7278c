import { summaryOf } from "../statistics.ts";
import type { Batch, BatchOutcome } from "./batch.ts";
import { credit, done, type End, ready } from "./end.ts";
import { perfTests, type TestKind } from "./tests.ts";

/** The time, ms. */
export type Now = () => number;

type Role = (end: End, batch: Batch, leads: boolean, now: Now) => Promise<BatchOutcome>;

/** Messages of a window for which credit is given at a time: a fraction of it, so that a stream never stops. */
const creditsPerWindow = 4;

/**
 * One end's part of a batch; both ends are to run theirs. What the one that leads measures is the batch's outcome.
 * Rejects with E_STATE when a work request fails.
 */
export async function runBatch(end: End, batch: Batch, leads: boolean, now: Now): Promise<BatchOutcome> {
  end.begin(batch.transport);
  giveCredit(end, batch);
  end.say(ready);
  await end.hear(ready);
  return roles[perfTests[batch.test].kind](end, batch, leads, now);
}

const roles: Readonly<Record<TestKind, Role>> = { "ping-pong": pingPong, fetch, stream };

/** A message there and one back, again and again. */
async function pingPong(end: End, { test, bytes, iterations }: Batch, leads: boolean, now: Now): Promise<BatchOutcome> {
  const wr = end.request(perfTests[test].operation === "write" ? "write-imm" : "send", bytes);
  const watch = new StopWatch(iterations, now);
  for (let i = 0; i < iterations; i++) {
    if (leads) end.post(wr);
    while (end.received <= i) await end.progress();
    if (!leads) end.post(wr);
    watch.lap();
  }
  while (end.completed < iterations) await end.progress();
  return watch.outcome();
}

/** One side reads or changes the other's memory, whose program has nothing to do. */
async function fetch(end: End, { test, bytes, iterations }: Batch, leads: boolean, now: Now): Promise<BatchOutcome> {
  const watch = new StopWatch(leads ? iterations : 0, now);
  const wr = end.request(perfTests[test].operation === "atomic" ? "atomic" : "read", bytes);
  for (let i = 0; leads && i < iterations; i++) {
    end.post(wr);
    while (end.completed <= i) await end.progress();
    watch.lap();
  }
  return watch.outcome();
}

/** Messages one way, or both, a window of them under way. */
async function stream(end: End, batch: Batch, leads: boolean, now: Now): Promise<BatchOutcome> {
  const { iterations, bidirectional } = batch;
  const every = creditEvery(batch);
  const count = every === 0 ? iterations : Math.ceil(iterations / every) * every;
  const start = now();
  if (leads || bidirectional) {
    await (every === 0 ? streamReliably(end, batch) : streamByCredit(end, batch, count, every));
    end.say(done);
  }
  if (!leads || bidirectional) await end.hear(done);
  return { ms: now() - start, messages: bidirectional ? 2 * count : count, latency: null };
}

/** What is complete has arrived. */
async function streamReliably(end: End, { test, bytes, iterations, window }: Batch): Promise<void> {
  const wr = end.request(perfTests[test].operation, bytes);
  for (let posted = 0; end.completed < iterations; await end.progress()) {
    for (; posted < iterations && posted - end.completed < window; posted++) end.post(wr);
  }
}

/** What is complete has left, no more: the receiver tells what has arrived. Of WRITEs it learns by an immediate. */
async function streamByCredit(end: End, batch: Batch, count: number, every: number): Promise<void> {
  const { operation } = perfTests[batch.test];
  const wr = end.request(operation, batch.bytes);
  const telling = operation === "write" ? end.request("write-imm", batch.bytes) : wr;
  for (let posted = 0, arrived = 0; arrived < count; ) {
    for (; posted < count && posted - arrived < batch.window; posted++)
      end.post((posted + 1) % every === 0 ? telling : wr);
    await end.progress();
    while (end.take(credit)) arrived += every;
  }
}

/** Messages of a stream for which the receiver gives credit at a time; 0 where completions tell what has arrived. */
function creditEvery({ test, transport, window }: Batch): number {
  if (perfTests[test].kind !== "stream" || transport === "RC") return 0;
  return Math.max(1, Math.floor(window / creditsPerWindow));
}

/** Whatever is received from now on. Of WRITEs only those are that end a credit's worth. */
function giveCredit(end: End, batch: Batch): void {
  const every = perfTests[batch.test].operation === "send" ? creditEvery(batch) : Math.min(1, creditEvery(batch));
  if (every === 0) return;
  let received = 0;
  end.onReceived = () => {
    received++;
    if (received % every === 0) end.say(credit);
  };
}

/** Takes the time of each message; allocates nothing meanwhile. */
class StopWatch {
  readonly #samples: Float64Array;
  readonly #now: Now;
  readonly #start: number;
  #laps = 0;
  #before: number;

  constructor(laps: number, now: Now) {
    this.#samples = new Float64Array(laps);
    this.#now = now;
    this.#start = now();
    this.#before = this.#start;
  }

  lap(): void {
    const at = this.#now();
    this.#samples[this.#laps++] = (at - this.#before) * 1000;
    this.#before = at;
  }

  outcome(): BatchOutcome {
    return { ms: this.#before - this.#start, messages: this.#laps, latency: summaryOf(this.#samples) };
  }
}
