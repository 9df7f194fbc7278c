// Sums over all ranks.
import { allocate } from "nomad/memory";
import { allreduce, Communicator, F64, MAX, MIN, SUM, U32 } from "nomad/mpi";

const place = allocate(16, 16);

export function sumOf(world: Communicator, value: f64): f64 {
  store<f64>(place, value);
  allreduce(world, place, place, 1, F64, SUM);
  return load<f64>(place);
}

export function maxOf(world: Communicator, value: f64): f64 {
  store<f64>(place, value);
  allreduce(world, place, place, 1, F64, MAX);
  return load<f64>(place);
}

/** Do all ranks say so? */
export function allAgree(world: Communicator, value: bool): bool {
  store<u32>(place, value ? 1 : 0);
  allreduce(world, place, place, 1, U32, MIN);
  return load<u32>(place) !== 0;
}
