// memory: 192 MiB
// IS: ranks integer keys, by buckets that are dealt to the ranks and a counting sort on each.
import { argument } from "nomad/arguments";
import { check } from "nomad/check";
import { init } from "nomad/mpi";
import { run } from "./common/harness.ts";
import { classIndex } from "./common/kernel.ts";
import { IntegerSort } from "./is/integer-sort.ts";

export function main(): i32 {
  const index = classIndex(argument("class", "S"));
  check(index >= 0, "IS: the class is S, W or A");
  const world = init();
  return run(world, new IntegerSort(world, index));
}
