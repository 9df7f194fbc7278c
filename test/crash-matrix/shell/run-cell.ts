import type { ConnectionReport, MoveRecord } from "@nomad/protocol/http";
import { until } from "../../kit/until.ts";
import { type Cell, type CellPhase, type Ending, endings, type Outcome, type Sight, sights } from "../outcomes.ts";
import { holdIn } from "./hold.ts";
import { companion, type MatrixLab, mover } from "./matrix-lab.ts";
import { type Cast, strike } from "./strike.ts";

/** What became of a cell, as `--json` has it. */
export interface CellResult {
  readonly participant: string;
  readonly phase: string;
  readonly fault: string;
  readonly expected: string;
  readonly actual: string;
  readonly boundMs: number;
  readonly tookMs: number;
  readonly ok: boolean;
}

const phaseMs = 30_000;

/** Runs one cell in a lab that is whole, and says what came of it. */
export async function runCell(lab: MatrixLab, cell: Cell): Promise<CellResult> {
  const { participant, phase, fault, expected } = cell;
  const cast = await castOf(lab);
  const { move, hold } = await holdAt(lab, cell, cast);
  const began = performance.now();
  const over = await strike(lab, cell, cast);
  // Its answer is not waited for: who was struck may not give it, and with a central that was killed the hold is gone.
  void lab.client.liftFault(hold).catch(() => {});
  const actual = await endOf(lab, { move, cast, expected, began }).then(
    () => null,
    (error: Error) => error.message,
  );
  const tookMs = Math.round(performance.now() - began);
  await over();
  const { boundMs } = expected;
  const text = `${endings[expected.ending]}; ${sights[expected.sees]}`;
  const common = { participant, phase, fault, expected: text, boundMs, tookMs };
  return { ...common, actual: actual ?? text, ok: actual === null && tookMs <= boundMs };
}

async function castOf(lab: MatrixLab): Promise<Cast> {
  const { guests, hosts } = await lab.client.status();
  const at = (name: string) => guests.find((guest) => guest.name === name)?.host ?? "";
  const [source, peer] = [at(mover), at(companion)];
  const destination = hosts.find(({ name }) => name !== source && name !== peer)?.name ?? "";
  return { source, destination, peer };
}

/** Begins the cell's move; resolves once it stands in the cell's phase, held there by a fault. */
async function holdAt(lab: MatrixLab, { phase }: Cell, { destination }: Cast): Promise<{ move: string; hold: string }> {
  const held = await holdIn(lab, phase);
  // The way to an abort that takes all phases before: pages that differ.
  const inject = phase === "aborting" ? { inject: "flip-page" as const } : {};
  const { id: move } = await lab.client.move({ guest: mover, to: destination, ...inject }, { wait: false });
  await held.letReach((wanted) => reached(lab, move, wanted));
  return { move, hold: held.hold() };
}

async function reached(lab: MatrixLab, move: string, phase: CellPhase): Promise<void> {
  const seen = await until(
    `the move is ${phase}`,
    phaseMs,
    () => moveOf(lab, move),
    ({ phase: now, outcome }) => now === phase || outcome !== "",
  );
  if (seen.phase !== phase) throw new Error(`the move ended before it was ${phase}: ${seen.error?.message}`);
}

async function moveOf(lab: MatrixLab, id: string): Promise<MoveRecord> {
  const move = (await lab.client.status()).moves.find((candidate) => candidate.id === id);
  if (!move) throw new Error(`there is no move ${id}`);
  return move;
}

const movesEndAs: Readonly<Record<Ending, readonly MoveRecord["outcome"][]>> = {
  source: ["aborted"],
  destination: ["released"],
  // One that had only to be released may have been, just before its guest was known to be lost.
  lost: ["lost", "released"],
  broken: ["released", "aborted", "lost"],
};

interface Awaited {
  readonly move: string;
  readonly cast: Cast;
  readonly expected: Outcome;
  readonly began: number;
}

/** Waits for the outcome that is expected, within its bound; rejects with what came instead. */
async function endOf(lab: MatrixLab, { move, cast, expected, began }: Awaited): Promise<void> {
  const leftMs = () => Math.max(0, expected.boundMs - (performance.now() - began));
  const { outcome, error } = await until(
    "the move ends",
    leftMs(),
    () => moveOf(lab, move),
    (seen) => seen.outcome !== "",
  );
  if (!movesEndAs[expected.ending].includes(outcome))
    throw new Error(`the move ended as ${outcome} (${error?.code} ${error?.message})`);
  await proofs[expected.sees](lab, leftMs);
  if (expected.ending === "lost") {
    const stateOf = async () => (await lab.client.status()).guests.find(({ name }) => name === mover)?.state;
    await until(`${mover} is lost`, leftMs(), stateOf, (state) => state === "lost");
  }
  await check(lab, cast, expected);
  if (expected.sees !== "pause") return;
  const copies = async () => lab.copies(await lab.client.status());
  await until("each guest has one share of one adapter", leftMs(), copies, (count) => count === 2);
}

const broken = /RETRY_EXC_ERR$/;

async function untilBroken(lab: MatrixLab, guest: string, leftMs: () => number): Promise<void> {
  await until(
    `${guest}'s connection is broken`,
    leftMs(),
    () => lab.client.report(guest),
    (report) => broken.test(report?.connections[0]?.status ?? ""),
  );
}

/** How the programs show that they have seen it. */
const proofs: Readonly<Record<Sight, (lab: MatrixLab, leftMs: () => number) => Promise<void>>> = {
  pause: (lab, leftMs) => lab.untilTraffic(leftMs()),
  "peer-error": (lab, leftMs) => untilBroken(lab, companion, leftMs),
  "own-error": (lab, leftMs) => untilBroken(lab, mover, leftMs),
};

/** Where the guest is, that it is there once, and that nothing delivered was lost, doubled, reordered or changed. */
async function check(lab: MatrixLab, cast: Cast, { ending }: Outcome): Promise<void> {
  const status = await lab.client.status();
  const guest = status.guests.find(({ name }) => name === mover);
  const place = { source: cast.source, destination: cast.destination, lost: undefined, broken: undefined }[ending];
  if (place !== undefined && (guest?.host !== place || guest.state !== "running"))
    throw new Error(`${mover} is ${guest?.state} at ${guest?.host}, not running at ${place}`);
  for (const report of await lab.reports()) {
    const wrong = report?.connections.map(miscounted).find((count) => count > 0);
    if (wrong) throw new Error(`not delivered once and in order: ${JSON.stringify(report)}`);
  }
}

const miscounted = ({ lost, duplicated, reordered, corrupted }: ConnectionReport): number =>
  lost + duplicated + reordered + corrupted;
