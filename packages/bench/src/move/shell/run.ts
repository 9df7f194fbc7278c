import { NomadError } from "@nomad/base";
import { interleave, type Measurement, measurementOf, type OnSample } from "@nomad/measure";
import type { MoveRecord } from "@nomad/protocol/http";
import { PeerProcess } from "../../hca/shell/peer-process.ts";
import { socketProbes } from "../../hca/shell/probe-sockets.ts";
import { timeLimit } from "../../shell/time-limit.ts";
import { type MoveAmounts, type MoveCase, socketAmounts } from "../amounts.ts";
import { figuresOf, floorFigures, goalFigures, nameOf, pauseFloors, samplesOf } from "../figures.ts";
import { floorProbes } from "./floors.ts";
import { BenchLab } from "./lab.ts";

/** Moves guests in a lab of real processes, and measures what moves are made of. */
export async function runMoves(amounts: MoveAmounts, onSample: OnSample): Promise<Measurement> {
  const { cases } = amounts;
  const samples = new Map<string, readonly number[]>(await floorSamples(amounts.rounds, onSample));
  await using lab = await BenchLab.start();
  const enough = timeLimit(amounts.secondsMax);
  for (let pair = 0; pair < amounts.pairs && !(pair > 0 && enough()); pair++) {
    for (const which of cases) {
      await measure(lab, which, pair, amounts.moves, (name, round, value) => {
        samples.set(name, [...(samples.get(name) ?? []), value]);
        if (name.startsWith("pause")) onSample(name, pair * amounts.moves + round, value);
      });
    }
  }
  for (const which of cases) samples.set(...pauseFloors(which, samples));
  const { specs, named } = goalFigures(samples);
  for (const [name, values] of named) samples.set(name, values);
  return measurementOf([...specs, ...cases.flatMap(figuresOf), ...floorFigures], samples);
}

async function floorSamples(rounds: number, onSample: OnSample) {
  await using undo = new AsyncDisposableStack();
  const sockets = undo.use(await PeerProcess.start("peer.ts"));
  const probes = await floorProbes(undo);
  const bandwidth = (await socketProbes(sockets.ready, socketAmounts)).get("ws-bw");
  if (bandwidth) probes.set("ws-bw-then", bandwidth);
  return await interleave(probes, { warmUps: 1, rounds }, onSample);
}

/** Moves one of a new pair of guests, to and fro; the first move warms up. */
async function measure(lab: BenchLab, which: MoveCase, pair: number, moves: number, onSample: OnSample): Promise<void> {
  const guests = [`alice-${nameOf(which)}-${pair}`, `bob-${nameOf(which)}-${pair}`] as const;
  await lab.startPair(guests, which.queuePairs, which.load === "active" ? which.queuePairs : 0);
  for (let round = 0; round <= moves; round++) {
    const record = await moved(lab, which, guests[0], round % 2 === 0 ? "host-c" : "host-a");
    if (round > 0) for (const [name, value] of samplesOf(which, record)) onSample(name, round, value);
  }
  await lab.endPair(guests);
}

async function moved(lab: BenchLab, which: MoveCase, guest: string, to: string): Promise<MoveRecord> {
  const record = await lab.client.move({ guest, to, presetup: which.presetup }, { wait: true });
  if (record.outcome === "released") return record;
  const why = record.error?.message ?? "";
  throw new NomadError("E_STATE", `a move of ${nameOf(which)} was ${record.outcome}: ${why}`);
}
