// memory: 64 MiB
// CG: the smallest eigenvalue of a sparse matrix by inverse iteration, with conjugate gradients inside.
import { argument } from "nomad/arguments";
import { check } from "nomad/check";
import { init } from "nomad/mpi";
import { ConjugateGradient } from "./cg/conjugate-gradient.ts";
import { run } from "./common/harness.ts";
import { classIndex } from "./common/kernel.ts";

export function main(): i32 {
  const index = classIndex(argument("class", "S"));
  check(index >= 0, "CG: the class is S, W or A");
  const world = init();
  return run(world, new ConjugateGradient(world, index));
}
