// memory: 256 MiB
// MG: V-cycles of a multigrid solver for a Poisson problem on a periodic grid.
import { argument } from "nomad/arguments";
import { check } from "nomad/check";
import { init } from "nomad/mpi";
import { run } from "./common/harness.ts";
import { classIndex } from "./common/kernel.ts";
import { MultiGrid } from "./mg/multi-grid.ts";

export function main(): i32 {
  const index = classIndex(argument("class", "S"));
  check(index >= 0, "MG: the class is S, W or A");
  const world = init();
  check((world.size & (world.size - 1)) === 0 && world.size <= 16, "MG: the ranks are a power of two, at most 16");
  return run(world, new MultiGrid(world, index));
}
