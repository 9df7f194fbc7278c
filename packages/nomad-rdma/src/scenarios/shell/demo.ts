import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { type Guest, hasEnded, type LabView } from "@nomad/protocol/http";
import type { LabClient } from "../../client/shell/lab-client.ts";
import type { LabWatch } from "../../client/shell/lab-watch.ts";
import { reportOf } from "../../output/error-text.ts";
import { type DemoPair, demoGuests, demoHost, roundText } from "../demo-pairs.ts";

/** A workload on a lab that is up. */
export interface Demo {
  readonly client: LabClient;
  readonly events: LabWatch;
  readonly pairs: readonly DemoPair[];
  /** Operations a second of each guest. */
  readonly rate: number;
  /** How long a pair talks before both sides compare what was sent with what arrived. */
  readonly roundMs: number;
  /** Written once every pair talks. */
  readonly readyFile?: string | undefined;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

const roundMax = 999_999;
/** Hosts that come up together do so within this time of each other. */
const settleMs = 1500;
const talkMs = 20_000;
const endMs = 30_000;
/** A broken pair is left as it is for so long, for people to look at. */
const lookMs = 10_000;
const retryMs = 2000;

/** Keeps every pair talking, round after round, whatever happens to them, until the signal or the end of central. */
export async function runDemo(demo: Demo): Promise<void> {
  await settle(demo);
  let silent = demo.pairs.length;
  const onTalk = (): void => {
    silent--;
    if (silent > 0) return;
    demo.note(demo.pairs.length === 1 ? "1 pair talks" : `${demo.pairs.length} pairs talk`);
    if (demo.readyFile !== undefined) writeFileSync(demo.readyFile, "");
  };
  await Promise.all(demo.pairs.map((pair) => keepTalking(demo, pair, onTalk)));
}

/** Waits for hosts, until no more of them come: the guests shall be spread over all. */
async function settle({ events, signal }: Demo): Promise<void> {
  const up = () => [...events.view.hosts.values()].filter(({ state }) => state === "up").length;
  for (let seen = 0; seen === 0 || seen !== up(); ) {
    seen = up();
    await events.reaches(() => up() > seen, settleMs, signal);
  }
}

async function keepTalking(demo: Demo, pair: DemoPair, onTalk: () => void): Promise<void> {
  for (let hasTalked = false; ; ) {
    await clear(demo, pair);
    const guests = await start(demo, pair);
    if (guests.length < pair.length) {
      await pause(demo, retryMs);
      continue;
    }
    const talks = await talk(demo, pair, guests);
    if (talks && !hasTalked) onTalk();
    hasTalked ||= talks;
    await oneRound(demo, pair, guests);
  }
}

/** Resolves once both have heard the other, with false when they never do. */
async function talk({ events, signal }: Demo, pair: DemoPair, guests: readonly Guest[]): Promise<boolean> {
  const hear = (view: LabView) => pair.every((name) => (view.reports.get(name)?.connections[0]?.delivered ?? 0) > 0);
  await events.reaches((view) => anyEnded(guests, view) || hear(view), talkMs, signal);
  return hear(events.view);
}

/** Boots both, or as many as can be. */
async function start(demo: Demo, pair: DemoPair): Promise<Guest[]> {
  const guests: Guest[] = [];
  for (const guest of demoGuests(pair, { round: randomInt(1, roundMax), rate: demo.rate })) {
    try {
      const { hosts } = await demo.client.status();
      guests.push(await demo.client.runGuest({ ...guest, ...demoHost(guest.name, hosts) }));
    } catch (error) {
      demo.signal.throwIfAborted();
      const { code, message } = reportOf(error);
      demo.note(`${guest.name} did not start: ${code} ${message}`);
    }
  }
  return guests;
}

/** Until the round is over and compared, or one of them has ended before. */
async function oneRound(demo: Demo, pair: DemoPair, guests: readonly Guest[]): Promise<void> {
  const { client, events, signal } = demo;
  const broken = await events.reaches((view) => anyEnded(guests, view), demo.roundMs, signal);
  if (broken) return pause(demo, lookMs);
  await Promise.allSettled(pair.map((name) => client.stopGuest(name)));
  await events.reaches((view) => guests.every((guest) => isOver(guest, view)), endMs, signal);
  const reports = await Promise.all(pair.map((name) => client.report(name).catch(() => null)));
  demo.note(roundText(pair, reports));
}

/** Destroys what is left of a pair. A guest that central cannot reach is lost soon enough. */
async function clear({ client, events, signal }: Demo, pair: DemoPair): Promise<void> {
  const left = (view: LabView) =>
    pair.filter((name) => view.guests.has(name) && !hasEnded(view.guests.get(name) as Guest));
  await Promise.allSettled(left(events.view).map((name) => client.stopGuest(name, true)));
  await events.reaches((view) => left(view).length === 0, lookMs, signal);
}

function anyEnded(guests: readonly Guest[], view: LabView): boolean {
  return guests.some((guest) => isOver(guest, view));
}

/** Has this guest ended, or has another taken its name? What the view knows may be older than the guest. */
function isOver(guest: Guest, view: LabView): boolean {
  const seen = view.guests.get(guest.name);
  return seen !== undefined && (seen.vlid > guest.vlid || (seen.vlid === guest.vlid && hasEnded(seen)));
}

async function pause({ events, signal }: Demo, ms: number): Promise<void> {
  await events.reaches(() => false, ms, signal);
}
