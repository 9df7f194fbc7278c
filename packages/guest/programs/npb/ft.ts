// memory: 256 MiB
// FT: a partial differential equation solved in frequency space, with a three-dimensional FFT across the ranks.
import { argument } from "nomad/arguments";
import { check } from "nomad/check";
import { init } from "nomad/mpi";
import { run } from "./common/harness.ts";
import { classIndex } from "./common/kernel.ts";
import { FourierTransform } from "./ft/fourier-transform.ts";

export function main(): i32 {
  const index = classIndex(argument("class", "S"));
  check(index >= 0, "FT: the class is S, W or A");
  const world = init();
  check((world.size & (world.size - 1)) === 0 && world.size <= 32, "FT: the ranks are a power of two, at most 32");
  return run(world, new FourierTransform(world, index));
}
