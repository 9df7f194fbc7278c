import { Communicator } from "./communicator.ts";

/** MPI_Bcast of `bytes` at `address`, down a binomial tree from `root`. */
export function bcast(comm: Communicator, address: usize, bytes: u32, root: i32): void {
  const size = comm.size;
  const place = (comm.rank - root + size) % size;
  let distance = 1;
  while (distance < size && (place & distance) === 0) distance <<= 1;
  if (place !== 0) comm.recvCollective(address, bytes, (place - distance + root) % size);
  for (distance >>= 1; distance > 0; distance >>= 1) {
    if (place + distance < size) comm.sendCollective(address, bytes, (place + distance + root) % size);
  }
}
