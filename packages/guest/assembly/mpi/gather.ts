// From all to one, from one to all, from all to all the same: `bytes` is what each rank gives, or gets.
import { Communicator } from "./communicator.ts";
import { Request } from "./request.ts";

/** MPI_Gather: rank r's data comes to into + r * bytes at the root. */
export function gather(comm: Communicator, from: usize, bytes: u32, into: usize, root: i32): void {
  if (comm.rank !== root) return comm.sendCollective(from, bytes, root);
  const requests: Request[] = [];
  for (let rank = 0; rank < comm.size; rank++) {
    if (rank === root) memory.copy(into + rank * bytes, from, bytes);
    else requests.push(comm.irecvCollective(into + rank * bytes, bytes, rank));
  }
  comm.waitall(requests);
}

/** MPI_Scatter: rank r gets what is at from + r * bytes at the root. */
export function scatter(comm: Communicator, from: usize, bytes: u32, into: usize, root: i32): void {
  if (comm.rank !== root) return comm.recvCollective(into, bytes, root);
  const requests: Request[] = [];
  for (let rank = 0; rank < comm.size; rank++) {
    if (rank === root) memory.copy(into, from + rank * bytes, bytes);
    else requests.push(comm.isendCollective(from + rank * bytes, bytes, rank));
  }
  comm.waitall(requests);
}

/** MPI_Allgather: rank r's data comes to into + r * bytes everywhere. `from` may be our own place there. */
export function allgather(comm: Communicator, from: usize, bytes: u32, into: usize): void {
  const counts = new StaticArray<u32>(comm.size).fill(bytes);
  const displacements = new StaticArray<u32>(comm.size);
  for (let rank = 0; rank < comm.size; rank++) displacements[rank] = rank * bytes;
  allgatherv(comm, from, into, counts, displacements);
}

/** MPI_Allgatherv: rank r's counts[r] bytes come to into + displacements[r]. */
export function allgatherv(
  comm: Communicator,
  from: usize,
  into: usize,
  counts: StaticArray<u32>,
  displacements: StaticArray<u32>,
): void {
  const requests: Request[] = [];
  const mine = counts[comm.rank];
  for (let distance = 1; distance < comm.size; distance++) {
    const source = (comm.rank - distance + comm.size) % comm.size;
    requests.push(comm.irecvCollective(into + displacements[source], counts[source], source));
  }
  for (let distance = 1; distance < comm.size; distance++) {
    requests.push(comm.isendCollective(from, mine, (comm.rank + distance) % comm.size));
  }
  memory.copy(into + displacements[comm.rank], from, mine);
  comm.waitall(requests);
}
