// memory: 32 MiB
// A random MPI program: every rank draws the same steps from the seed, and checks whatever it receives, since it knows
// what everybody sends. One seed gives one checksum, however often ranks are moved on the way.
//
// Arguments: those of nomad/mpi; name; seed; steps. Exit code: 0 when everything was as it had to be.
import { argument, numberArgument } from "nomad/arguments";
import { log, report } from "nomad/log";
import { allreduce, BITWISE_XOR, finalize, init, SUM, U64 } from "nomad/mpi";
import { Plan } from "./random/plan.ts";
import { step } from "./random/steps.ts";
import { Witness } from "./random/witness.ts";

/** Steps between two reports. */
const REPORT_EVERY: i32 = 8;

function tell(done: i32, checksum: u64, verified: bool): void {
  const result = `"step":${done},"checksum":"${checksum.toString(16)}","verified":${verified.toString()}`;
  report(`{"guest":"${argument("name", "rank")}",${result}}`);
}

export function main(): i32 {
  const world = init();
  const plan = new Plan(<u64>numberArgument("seed", 1), world.size);
  const witness = new Witness(plan.seed);
  const steps = <i32>numberArgument("steps", 100);
  for (let done = 0; done < steps; done++) {
    if (done % REPORT_EVERY === 0) tell(done, witness.checksum, false);
    step(world, plan, witness);
  }
  const totals = memory.data(16, 8);
  store<u64>(totals, witness.checksum);
  store<u64>(totals, witness.wrong, 8);
  allreduce(world, totals, totals, 1, U64, BITWISE_XOR);
  allreduce(world, totals + 8, totals + 8, 1, U64, SUM);
  finalize(world);
  const wrong = load<u64>(totals, 8);
  tell(steps, load<u64>(totals), wrong === 0);
  log(`${steps} steps, ${wrong} wrong, checksum ${load<u64>(totals).toString(16)}`);
  return wrong === 0 ? 0 : 1;
}
