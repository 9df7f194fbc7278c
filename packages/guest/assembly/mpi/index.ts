// A subset of MPI over the verbs, in the manner of MVAPICH. Whatever moves meanwhile, a program sees but a pause.
// Lengths and displacements are in bytes; only reductions know types. Errors end the program (MPI_ERRORS_ARE_FATAL).
import { alltoall, alltoallv } from "./alltoall.ts";
import { barrier } from "./barrier.ts";
import { bcast } from "./broadcast.ts";
import { Communicator } from "./communicator.ts";
import { allgather, allgatherv, gather, scatter } from "./gather.ts";
import { nameMemory } from "./names.ts";
import { BITWISE_XOR, F64, I32, I64, MAX, MIN, SUM, U32, U64 } from "./operation.ts";
import { allreduce, reduce } from "./reduce.ts";
import { ANY_SOURCE, ANY_TAG, Request } from "./request.ts";
import { scan } from "./scan.ts";
import { duplicate, split } from "./split.ts";
import { finalize, init } from "./world.ts";

export {
  ANY_SOURCE,
  ANY_TAG,
  allgather,
  allgatherv,
  allreduce,
  alltoall,
  alltoallv,
  BITWISE_XOR,
  barrier,
  bcast,
  Communicator,
  duplicate,
  F64,
  finalize,
  gather,
  I32,
  I64,
  init,
  MAX,
  MIN,
  nameMemory,
  Request,
  reduce,
  SUM,
  scan,
  scatter,
  split,
  U32,
  U64,
};
