import { allreduce, Communicator, I32, SUM } from "nomad/mpi";
import { Ints } from "../common/arrays.ts";
import { Exchange } from "./exchange.ts";

const count = memory.data(4, 4);

/**
 * Puts the last iteration's keys into the places that their ranks say. Are they in order, those of each rank between
 * those of its neighbours, and are there `total` on all ranks? `upTo` is used up.
 */
export function isSorted(world: Communicator, exchange: Exchange, upTo: Ints, sorted: Ints, total: i32): bool {
  const received = exchange.received;
  // `upTo` now says where the next key of a kind goes, from the last place down.
  for (let i = exchange.receivedCount - 1; i >= 0; i--) {
    const kind = received[i] - exchange.keyStart;
    const place = upTo[kind] - 1;
    upTo[kind] = place;
    sorted[place] = received[i];
  }
  let inOrder = true;
  for (let i = 0; i < exchange.receivedCount; i++) {
    const before = i > 0 ? sorted[i - 1] : exchange.keyStart;
    if (sorted[i] < before || sorted[i] >= exchange.keyEnd) inOrder = false;
  }
  store<i32>(count, exchange.receivedCount);
  allreduce(world, count, count, 1, I32, SUM);
  return inOrder && load<i32>(count) === total;
}
