import { NomadError } from "@nomad/base";
import { type Figure, type FigureSpec, figureOf } from "../../figure.ts";
import { interleave } from "../../interleave.ts";
import { activeMax, type MoveAmounts } from "../amounts.ts";
import { figuresOf, floorFigures, type MoveCase, nameOf, samplesOf } from "../figures.ts";
import { floorProbes } from "./floors.ts";
import { BenchLab } from "./lab.ts";

const guests = ["alice", "bob"] as const;

/** Moves guests in a lab of real processes, and measures what moves are made of. */
export async function runMoves(
  amounts: MoveAmounts,
  onSample: (name: string, round: number, value: number) => void,
): Promise<Figure[]> {
  await using undo = new AsyncDisposableStack();
  const floors = await interleave(await floorProbes(undo), { warmUps: 1, rounds: amounts.rounds }, onSample);
  const samples = new Map([...floors].map(([name, values]) => [name, [...values]]));
  const specs: FigureSpec[] = [];
  for (const load of ["idle", "busy"] as const) {
    for (const queuePairs of amounts.queuePairs) {
      const which = { load, queuePairs };
      await measure(which, amounts.moves, (name, round, value) => {
        samples.set(name, [...(samples.get(name) ?? []), value]);
        if (name.startsWith("pause")) onSample(name, round, value);
      });
      specs.push(...figuresOf(which));
    }
  }
  return [...specs, ...floorFigures].map((spec) => figureOf(spec, samples));
}

/** All moves of one pair of guests, to and fro; the first warms up. */
async function measure(
  which: MoveCase,
  moves: number,
  onSample: (name: string, round: number, value: number) => void,
): Promise<void> {
  const { load, queuePairs } = which;
  await using lab = await BenchLab.start();
  await lab.startPair(guests, queuePairs, load === "busy" ? Math.min(activeMax, queuePairs) : 0);
  for (let round = 0; round <= moves; round++) {
    const to = round % 2 === 0 ? "host-c" : "host-a";
    const record = await lab.client.move({ guest: guests[0], to }, { wait: true });
    if (record.outcome !== "released") {
      const why = record.error?.message ?? "";
      throw new NomadError("E_STATE", `a move of ${nameOf(which)} was ${record.outcome}: ${why}`);
    }
    if (round > 0) for (const [name, value] of samplesOf(which, record)) onSample(name, round, value);
  }
  await lab.endPair(guests);
}
