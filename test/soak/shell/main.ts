// `npm run soak -- --minutes 20`: guests that move and links that suffer, all the time; nothing may be lost, kept, or grow.
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Random } from "@nomad/base";
import type { FaultRequest } from "@nomad/protocol/http";
import { InvariantWatch } from "nomad-rdma";
import { exitWhenInterrupted } from "../../kit/exit-when-interrupted.ts";
import { hostNames, Processes } from "../../kit/processes.ts";
import { until } from "../../kit/until.ts";
import { risePerMinute, type Sample } from "../trend.ts";
import { census, residentBytes } from "./census.ts";

exitWhenInterrupted();

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "20" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});

const minuteMs = 60_000;
/** Until then caches fill, code is compiled and heaps find their size. */
const warmMs = 3 * minuteMs;
const riseMax = 0.01;
/** With less to go by than this a rise says nothing. */
const trendMs = 3 * minuteMs;
const waitMs = 60_000;
const guests = ["alice", "bob", "carol", "dave"] as const;

/** What links suffer, one at a time, and how long. None of it may break a connection. */
const sufferings: readonly FaultRequest[] = [
  { kind: "drop", chance: 0.01, seconds: 5 },
  { kind: "duplicate", chance: 0.05, ms: 3, seconds: 5 },
  { kind: "reorder", chance: 0.05, ms: 2, seconds: 5 },
  { kind: "corrupt", chance: 0.01, seconds: 5 },
  { kind: "delay", on: ["control", "peer"], chance: 0.3, ms: 20, seconds: 5 },
  { kind: "duplicate", on: ["control", "peer"], chance: 0.3, ms: 5, seconds: 5 },
  { kind: "drop", on: ["control", "peer"], chance: 0.05, seconds: 5 },
  { kind: "corrupt", on: ["bulk"], times: 1, seconds: 5 },
  { kind: "cut", on: ["control"], from: "host-a", bothWays: true, seconds: 0.5 },
];

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function startGuests(processes: Processes): Promise<void> {
  for (const [i, name] of guests.entries()) {
    const peer = guests[i ^ 1] ?? "";
    const settings = { name, peer, seed: "7", rate: "100" };
    await processes.client.runGuest({ name, image: "pair", host: hostNames[i % 3] ?? "", arguments: settings });
  }
}

interface Moves {
  released: number;
  aborted: number;
}

/** Moves guests about, while links suffer now this and now that, until the time is up. */
async function disturb(processes: Processes, random: Random, endAt: number, moves: Moves): Promise<void> {
  const { client } = processes;
  while (performance.now() < endAt) {
    if (random.chance(0.4)) await client.addFault(random.pick(sufferings));
    const [guest, to] = [random.pick(guests), random.pick(hostNames)];
    const inject = random.chance(0.1) ? { inject: "flip-page" as const } : {};
    // One that is there already, or a host that has just lost its connection: another time.
    const move = await client.move({ guest, to, ...inject }, { wait: true }).catch(() => null);
    if (move?.outcome === "lost") throw new Error(`${guest} is lost: ${move.error?.message}`);
    if (move) moves[move.outcome === "released" ? "released" : "aborted"]++;
  }
}

/** Samples what the processes occupy, and says once a minute how it stands. */
async function measure(processes: Processes, endAt: number, samples: Sample[], moves: Moves): Promise<void> {
  const began = performance.now();
  for (let minute = 1; performance.now() < endAt; ) {
    const at = performance.now() - began;
    const value = await residentBytes(processes);
    if (!Number.isNaN(value)) samples.push({ at, value });
    if (at >= minute * minuteMs)
      say(`minute ${minute++}: ${Math.round(value / 2 ** 20)} MiB, ${moves.released} moves, ${moves.aborted} undone`);
    await sleep(2000);
  }
}

/** Ends the guests; what they say of all that time. */
async function endGuests(processes: Processes): Promise<string[]> {
  const { client } = processes;
  await client.liftFault("all");
  for (const name of guests) await client.stopGuest(name).catch(() => {});
  const status = await until(
    "the guests end",
    waitMs,
    () => client.status(),
    (seen) => seen.guests.every(({ state }) => state !== "running" && state !== "moving"),
  );
  const reports = await Promise.all(guests.map((name) => client.report(name)));
  const ended = status.guests.filter(({ state }) => state !== "exited").map(({ name, state }) => `${name} is ${state}`);
  const unverified = reports.filter((report) => !report?.verified).map((report) => JSON.stringify(report));
  return [...ended, ...unverified];
}

const moreThan = (before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): string[] =>
  Object.entries(after).flatMap(([what, count]) => (count > (before[what] ?? 0) ? [`${what}: ${count}`] : []));

async function soak(minutes: number, random: Random) {
  await using processes = await Processes.start();
  const ready = (seen: Readonly<Record<string, number>>) => !Object.keys(seen).some((key) => key.includes("under_way"));
  const before = await until("nothing is under way", waitMs, () => census(processes), ready);
  await startGuests(processes);
  await using watch = new InvariantWatch(processes.client, (what) => say(what));
  const endAt = performance.now() + minutes * minuteMs;
  const samples: Sample[] = [];
  const moves: Moves = { released: 0, aborted: 0 };
  await Promise.all([disturb(processes, random, endAt, moves), measure(processes, endAt, samples, moves)]);
  const wrong = [...(await endGuests(processes)), ...watch.violations];
  const after = await until(
    "all is let go",
    waitMs,
    () => census(processes),
    (seen) => moreThan(before, seen).length === 0,
  ).catch(() => census(processes));
  const warm = samples.filter(({ at }) => at >= warmMs);
  const long = (warm.at(-1)?.at ?? 0) - (warm[0]?.at ?? 0) >= trendMs;
  const rise = long ? risePerMinute(warm) : null;
  const kept = moreThan(before, after);
  const ok = wrong.length === 0 && kept.length === 0 && (rise === null || rise < riseMax) && moves.released > 0;
  return { ok, minutes, moves, wrong, kept, risePerMinute: rise, residentBytes: samples.at(-1)?.value ?? 0 };
}

const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
  say("npm run soak -- [--minutes N] [--seed S] [--json]");
  process.exit(2);
}
say(`seed ${seed}`);
const result = await soak(minutes, new Random(seed));
say(`${result.moves.released} moves, ${result.moves.aborted} undone; kept: ${result.kept.join(", ") || "nothing"}`);
process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : `${result.ok ? "ok" : "FAILED"}\n`);
for (const text of result.wrong) say(text);
process.exitCode = result.ok ? 0 : 1;
