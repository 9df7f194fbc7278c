// memory: 64 MiB
// Two of these measure latency or bandwidth between them, case by case in turn; the one that leads logs what came of each
// batch, a line `batch {...}` (samples.ts).
//
// Arguments: job (of both, no other has it), rank (0 leads, 1 follows); kind (ping-pong, fetch, stream), operation (send, write, read, atomic), transport
// (RC, UC, UD), window, bidirectional=1; rounds; cases: `bytes:messages:names` with commas between, names virtual or physical.
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";
import { shutdownRequested } from "nomad/vmm";
import { End } from "./end.ts";
import { runBatch } from "./roles.ts";
import { Case, Test } from "./test.ts";

export function main(): i32 {
  const test = new Test();
  const cases = Case.list(argument("cases", "64:1000:virtual"));
  const end = new End(test);
  const trouble = end.connect(argument("job", ""));
  if (trouble !== null) {
    log(trouble);
    return 1;
  }
  const rounds = <i32>numberArgument("rounds", 1);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < cases.length; i++) {
      const index = (i + round) % cases.length;
      const samples = runBatch(end, test, cases[index]);
      if (shutdownRequested() || end.hasFailed) return 1;
      if (test.leads) log(`batch ${samples.toJson(index)}`);
    }
  }
  end.finish();
  return 0;
}
