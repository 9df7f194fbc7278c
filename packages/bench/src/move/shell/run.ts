import { NomadError } from "@nomad/base";
import { type FigureSpec, interleave, type Measurement, measurementOf, type OnSample } from "@nomad/measure";
import type { MoveRecord } from "@nomad/protocol/http";
import { activeMax, type MoveAmounts } from "../amounts.ts";
import { figuresOf, floorFigures, type MoveCase, nameOf, samplesOf } from "../figures.ts";
import { floorProbes } from "./floors.ts";
import { BenchLab } from "./lab.ts";

const guests = ["alice", "bob"] as const;

/** Moves guests in a lab of real processes, and measures what moves are made of. */
export async function runMoves(amounts: MoveAmounts, onSample: OnSample): Promise<Measurement> {
  await using undo = new AsyncDisposableStack();
  const floors = await interleave(await floorProbes(undo), { warmUps: 1, rounds: amounts.rounds }, onSample);
  const samples = new Map([...floors].map(([name, values]) => [name, [...values]]));
  const specs: FigureSpec[] = [];
  for (const load of ["idle", "busy"] as const) {
    for (const queuePairs of amounts.queuePairs) {
      const ways = [true, false].map((presetup) => ({ load, queuePairs, presetup }));
      await measure(ways, amounts.moves, (name, round, value) => {
        samples.set(name, [...(samples.get(name) ?? []), value]);
        if (name.startsWith("pause")) onSample(name, round, value);
      });
      specs.push(...ways.flatMap(figuresOf));
    }
  }
  return measurementOf([...specs, ...floorFigures], samples);
}

/** All moves of one pair of guests, to and fro, the ways in turn; the first round warms up. */
async function measure(ways: readonly MoveCase[], moves: number, onSample: OnSample): Promise<void> {
  const [{ load, queuePairs }] = ways as [MoveCase];
  await using lab = await BenchLab.start();
  await lab.startPair(guests, queuePairs, load === "busy" ? Math.min(activeMax, queuePairs) : 0);
  for (let round = 0; round <= moves; round++) {
    for (const [i, way] of ways.entries()) {
      const to = (round * ways.length + i) % 2 === 0 ? "host-c" : "host-a";
      const record = await moved(lab, way, to);
      if (round > 0) for (const [name, value] of samplesOf(way, record)) onSample(name, round, value);
    }
  }
  await lab.endPair(guests);
}

async function moved(lab: BenchLab, which: MoveCase, to: string): Promise<MoveRecord> {
  const record = await lab.client.move({ guest: guests[0], to, presetup: which.presetup }, { wait: true });
  if (record.outcome === "released") return record;
  const why = record.error?.message ?? "";
  throw new NomadError("E_STATE", `a move of ${nameOf(which)} was ${record.outcome}: ${why}`);
}
