import type { GuestReport, MoveRecord } from "@nomad/protocol/http";
import { hasEnded } from "nomad-rdma";
import type { RunningLab } from "../../kit/running-lab.ts";
import { type Cell, moves, type Step } from "../cells.ts";
import { type Counts, countsOf, faultOf } from "../verdict.ts";

const talkMs = 60_000;
const endMs = 60_000;

export interface CellResult extends Cell, Counts {
  readonly ok: boolean;
  /** What was wrong; empty when nothing was. */
  readonly fault: string;
  readonly tookMs: number;
}

interface Player {
  readonly who: "alice" | "bob";
  readonly name: string;
}

/** Runs one cell in a lab that others may use at the same time; `number` makes its guests' names its own. */
export async function runCell(lab: RunningLab, cell: Cell, number: number): Promise<CellResult> {
  const began = performance.now();
  const players = playersOf(cell, number);
  let fault: string | null;
  try {
    await start(lab, cell, players);
    await untilTraffic(lab, players);
    for (const step of moves[cell.moves]) {
      await take(lab, players, step);
      await untilTraffic(lab, players);
    }
    await end(lab, cell, players);
    fault = faultOf(cell, await reportsOf(lab, players));
  } catch (error) {
    fault = error instanceof Error ? error.message : String(error);
    await Promise.allSettled(players.map(({ name }) => lab.client.stopGuest(name, true)));
  }
  const counts = countsOf(await reportsOf(lab, players));
  return { ...cell, ok: fault === null, fault: fault ?? "", ...counts, tookMs: Math.round(performance.now() - began) };
}

function playersOf({ direction }: Cell, number: number): readonly Player[] {
  const all: readonly Player[] = [
    { who: "alice", name: `alice-${number}` },
    { who: "bob", name: `bob-${number}` },
  ];
  return direction === "self" ? all.slice(0, 1) : all;
}

async function start(lab: RunningLab, cell: Cell, players: readonly Player[]): Promise<void> {
  const { transport, operation, size } = cell;
  for (const [i, { who, name }] of players.entries()) {
    const peer = (players[1 - i] ?? players[0])?.name ?? name;
    const given = { name, peer, transport, operation, size: String(size), role: roleOf(cell, who) };
    await lab.client.runGuest({ name, image: "matrix", host: who === "alice" ? "host-a" : "host-b", arguments: given });
  }
}

function roleOf({ direction }: Cell, who: Player["who"]): string {
  if (direction === "both" || direction === "self") return "both";
  return (direction === "a>b") === (who === "alice") ? "send" : "receive";
}

/** All moves of a step at once; each must arrive. */
async function take(lab: RunningLab, players: readonly Player[], step: Step): Promise<void> {
  const asked = step.map(({ who, to }) => {
    const guest = players.find((player) => player.who === who)?.name ?? who;
    return lab.client.move({ guest, to }, { wait: true });
  });
  for (const move of await Promise.all(asked)) if (move.outcome !== "released") throw new Error(failed(move));
}

const failed = ({ guest, to, outcome, error }: MoveRecord): string =>
  `the move of ${guest} to ${to} ended ${outcome}: ${error?.code} ${error?.message}`;

/** Resolves when every direction has delivered more than it has now. */
async function untilTraffic(lab: RunningLab, players: readonly Player[]): Promise<void> {
  const reports = () => players.map(({ name }) => lab.events.view.reports.get(name) ?? null);
  const before = countsOf(reports());
  const goesOn = () => {
    const now = countsOf(reports());
    const wrong = reports().some((report) => report?.connections.some(({ status }) => status !== "ok"));
    return wrong || (now.delivered > before.delivered && now.sent > before.sent);
  };
  await lab.events.until(`messages between ${players.map(({ name }) => name).join(" and ")}`, goesOn, talkMs);
}

/** Asks those that send to end; who only receives ends with them. */
async function end(lab: RunningLab, cell: Cell, players: readonly Player[]): Promise<void> {
  const senders = players.filter(({ who }) => roleOf(cell, who) !== "receive");
  await Promise.all(senders.map(({ name }) => lab.client.stopGuest(name)));
  const ended = ({ name }: Player) => {
    const guest = lab.events.view.guests.get(name);
    return guest === undefined || hasEnded(guest);
  };
  await lab.events.until("the guests have ended", () => players.every(ended), endMs);
}

function reportsOf(lab: RunningLab, players: readonly Player[]): Promise<(GuestReport | null)[]> {
  return Promise.all(players.map(({ name }) => lab.client.report(name).catch(() => null)));
}
