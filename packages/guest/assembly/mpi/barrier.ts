import { Communicator } from "./communicator.ts";

/** MPI_Barrier, by dissemination: in round k everybody tells the one 2^k further on. */
export function barrier(comm: Communicator): void {
  for (let distance = 1; distance < comm.size; distance <<= 1) {
    const heard = comm.irecvCollective(0, 0, (comm.rank - distance + comm.size) % comm.size);
    comm.sendCollective(0, 0, (comm.rank + distance) % comm.size);
    comm.wait(heard);
  }
}
