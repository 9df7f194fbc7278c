// Communicators made from others. Every member calls, in the same order.

import { Communicator, freshContext, takeContext } from "./communicator.ts";
import { allgather } from "./gather.ts";
import { MAX, U32 } from "./operation.ts";
import { allreduce } from "./reduce.ts";
import { scratch } from "./scratch.ts";

/** MPI_Comm_dup: the same ranks, whose messages meet no others. */
export function duplicate(comm: Communicator): Communicator {
  return new Communicator(comm.device, agreeOnContext(comm), comm.members);
}

/** MPI_Comm_split: those of the same colour, by key, and by rank where keys are equal. */
export function split(comm: Communicator, colour: i32, key: i32): Communicator {
  const context = agreeOnContext(comm);
  const mine = memory.data(8, 4);
  store<i32>(mine, colour);
  store<i32>(mine, key, 4);
  const all = scratch(8 * comm.size);
  allgather(comm, mine, 8, all);
  const chosen: i64[] = [];
  for (let rank = 0; rank < comm.size; rank++) {
    if (load<i32>(all + 8 * rank) !== colour) continue;
    chosen.push(((<i64>load<i32>(all + 8 * rank, 4)) << 32) | rank);
  }
  chosen.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const members = new StaticArray<i32>(chosen.length);
  for (let i = 0; i < chosen.length; i++) members[i] = comm.members[<i32>chosen[i]];
  return new Communicator(comm.device, context, members);
}

/** A context that is new to every member. */
function agreeOnContext(comm: Communicator): u32 {
  const context = memory.data(4, 4);
  store<u32>(context, freshContext());
  allreduce(comm, context, context, 1, U32, MAX);
  takeContext(load<u32>(context));
  return load<u32>(context);
}
