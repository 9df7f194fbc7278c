import { Communicator } from "./communicator.ts";
import { Request } from "./request.ts";

/** MPI_Alltoall: `bytes` from every rank to every rank; rank r's part is the r-th on both sides. */
export function alltoall(comm: Communicator, from: usize, bytes: u32, into: usize): void {
  const counts = new StaticArray<u32>(comm.size).fill(bytes);
  const displacements = new StaticArray<u32>(comm.size);
  for (let rank = 0; rank < comm.size; rank++) displacements[rank] = rank * bytes;
  alltoallv(comm, from, counts, displacements, into, counts, displacements);
}

/** MPI_Alltoallv; counts and displacements in bytes. */
export function alltoallv(
  comm: Communicator,
  from: usize,
  outCounts: StaticArray<u32>,
  outDisplacements: StaticArray<u32>,
  into: usize,
  inCounts: StaticArray<u32>,
  inDisplacements: StaticArray<u32>,
): void {
  const requests: Request[] = [];
  const size = comm.size;
  for (let distance = 1; distance < size; distance++) {
    const source = (comm.rank - distance + size) % size;
    requests.push(comm.irecvCollective(into + inDisplacements[source], inCounts[source], source));
  }
  for (let distance = 1; distance < size; distance++) {
    const to = (comm.rank + distance) % size;
    requests.push(comm.isendCollective(from + outDisplacements[to], outCounts[to], to));
  }
  memory.copy(into + inDisplacements[comm.rank], from + outDisplacements[comm.rank], outCounts[comm.rank]);
  comm.waitall(requests);
}
