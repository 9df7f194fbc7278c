import { alltoallv, Communicator } from "nomad/mpi";
import { Plan } from "./plan.ts";
import { Witness } from "./witness.ts";

/** Everybody sends everybody something of another size. */
export function alltoallvStep(world: Communicator, plan: Plan, witness: Witness, from: usize, into: usize): void {
  const size = world.size;
  const outCounts = new StaticArray<u32>(size);
  const inCounts = new StaticArray<u32>(size);
  for (let source = 0; source < size; source++) {
    for (let to = 0; to < size; to++) {
      const bytes = <u32>plan.below(4096) * 8;
      if (source === world.rank) outCounts[to] = bytes;
      if (to === world.rank) inCounts[source] = bytes;
    }
  }
  const outPlaces = placesOf(outCounts);
  const inPlaces = placesOf(inCounts);
  for (let to = 0; to < size; to++) witness.fill(from + outPlaces[to], outCounts[to], plan.step, world.rank, to);
  alltoallv(world, from, outCounts, outPlaces, into, inCounts, inPlaces);
  for (let r = 0; r < size; r++) witness.check(into + inPlaces[r], inCounts[r], plan.step, r, world.rank);
}

function placesOf(counts: StaticArray<u32>): StaticArray<u32> {
  const places = new StaticArray<u32>(counts.length);
  for (let i = 1; i < counts.length; i++) places[i] = places[i - 1] + counts[i - 1];
  return places;
}
