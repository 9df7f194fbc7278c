import { bcast } from "./broadcast.ts";
import { Communicator } from "./communicator.ts";
import { combine, elementBytes } from "./operation.ts";
import { scratch } from "./scratch.ts";

/** MPI_Reduce of `count` elements, up a binomial tree; `into` counts at the root, and is overwritten everywhere. */
export function reduce(
  comm: Communicator,
  from: usize,
  into: usize,
  count: u32,
  type: u32,
  operation: u32,
  root: i32,
): void {
  const bytes = count * elementBytes(type);
  const size = comm.size;
  const place = (comm.rank - root + size) % size;
  const other = scratch(bytes);
  memory.copy(into, from, bytes);
  for (let distance = 1; distance < size; distance <<= 1) {
    if ((place & distance) !== 0) return comm.sendCollective(into, bytes, (place - distance + root) % size);
    if (place + distance >= size) continue;
    comm.recvCollective(other, bytes, (place + distance + root) % size);
    combine(operation, type, into, other, count);
  }
}

/** MPI_Allreduce. `from` and `into` may be the same. All ranks get the same bits. */
export function allreduce(comm: Communicator, from: usize, into: usize, count: u32, type: u32, operation: u32): void {
  if (isPowerOfTwo(comm.size)) return exchange(comm, from, into, count, type, operation);
  reduce(comm, from, into, count, type, operation, 0);
  bcast(comm, into, count * elementBytes(type), 0);
}

/** Recursive doubling: half as many steps as up a tree and down. */
function exchange(comm: Communicator, from: usize, into: usize, count: u32, type: u32, operation: u32): void {
  const bytes = count * elementBytes(type);
  const other = scratch(bytes);
  memory.copy(into, from, bytes);
  for (let distance = 1; distance < comm.size; distance <<= 1) {
    const partner = comm.rank ^ distance;
    const heard = comm.irecvCollective(other, bytes, partner);
    comm.sendCollective(into, bytes, partner);
    comm.wait(heard);
    combine(operation, type, into, other, count);
  }
}

function isPowerOfTwo(size: i32): bool {
  return (size & (size - 1)) === 0;
}
