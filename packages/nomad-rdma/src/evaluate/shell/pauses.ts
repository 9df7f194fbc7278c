import type { MoveCell, MoveSample } from "@nomad/evaluation";
import { moveSample } from "../move-sample.ts";
import type { PauseCase } from "../pause-case.ts";
import { BenchLab, type Place } from "./bench-lab.ts";

/** Moves the guest of a case to and fro; the first move is not counted. Everything it sent must have arrived at the end. */
export async function measurePause(place: Place, of: PauseCase, count: number): Promise<MoveCell> {
  await using lab = await BenchLab.start(place, of.hosts);
  const guests = [of.guest, ...of.peers];
  await lab.startGuests(guests);
  const moves: MoveSample[] = [];
  let aborted = 0;
  for (let i = 0; i <= count; i++) {
    const record = await lab.move(of.guest.name, of.hosts[(i + 1) % 2] as string);
    if (record.outcome !== "released") aborted++;
    else if (i > 0) moves.push(moveSample(record));
  }
  await lab.endGuests(guests.map(({ name }) => name));
  return { sweep: of.sweep, value: of.value, moves, aborted };
}
