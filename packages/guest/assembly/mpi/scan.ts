import { Communicator } from "./communicator.ts";
import { combine, elementBytes } from "./operation.ts";
import { scratch } from "./scratch.ts";

/** MPI_Scan: rank r gets the reduction over ranks 0 to r. */
export function scan(comm: Communicator, from: usize, into: usize, count: u32, type: u32, operation: u32): void {
  const bytes = count * elementBytes(type);
  memory.copy(into, from, bytes);
  if (comm.rank > 0) {
    const before = scratch(bytes);
    comm.recvCollective(before, bytes, comm.rank - 1);
    combine(operation, type, into, before, count);
  }
  if (comm.rank + 1 < comm.size) comm.sendCollective(into, bytes, comm.rank + 1);
}
