// Runs a kernel: prepares it, warms up, times it, verifies it, and tells how it goes.
//
// Arguments: those of nomad/mpi; class (S, W, A); repetitions of the whole benchmark (0: until rank 0 is asked to end);
// physical: so many after the first name memory by the adapter's own keys, and no rank may move meanwhile.
// Exit code: 0 when every repetition was verified.
import { argument, numberArgument } from "nomad/arguments";
import { log, report } from "nomad/log";
import { barrier, bcast, Communicator, finalize, nameMemory } from "nomad/mpi";
import { clock, shutdownRequested } from "nomad/vmm";
import { Kernel } from "./kernel.ts";
import { allAgree, maxOf } from "./sums.ts";

const SECOND: f64 = 1e9;

export function run(world: Communicator, kernel: Kernel): i32 {
  const harness = new Harness(world, kernel);
  const repetitions = <i32>numberArgument("repetitions", 1);
  do harness.repeat();
  while (goOn(world, harness.repetition, repetitions));
  finalize(world);
  harness.end();
  return harness.allVerified ? 0 : 1;
}

/** Rank 0 decides, so that all do the same. */
function goOn(world: Communicator, done: i32, wanted: i32): bool {
  const answer = memory.data(4, 4);
  const more = wanted === 0 ? !shutdownRequested() : done < wanted;
  store<u32>(answer, more ? 1 : 0);
  bcast(world, answer, 4, 0);
  return load<u32>(answer) !== 0;
}

@final
class Harness {
  repetition: i32 = 0;
  allVerified: bool = true;
  private isPhysical: bool = false;
  private readonly results: string[] = [];

  constructor(
    private readonly world: Communicator,
    private readonly kernel: Kernel,
  ) {}

  repeat(): void {
    const kernel = this.kernel;
    this.repetition++;
    this.isPhysical = this.repetition > 1 && this.repetition <= 1 + <i32>numberArgument("physical", 0);
    nameMemory(this.world, this.isPhysical);
    this.tell(0, false);
    kernel.prepare();
    // Memory is touched and code is compiled before the clock starts.
    kernel.begin();
    kernel.iterate(1);
    barrier(this.world);
    const began = clock();
    kernel.begin();
    for (let iteration = 1; iteration <= kernel.iterations; iteration++) {
      this.tell(iteration, true);
      kernel.iterate(iteration);
    }
    const seconds = maxOf(this.world, <f64>(clock() - began) / SECOND);
    this.tell(kernel.iterations, false);
    this.note(seconds, allAgree(this.world, kernel.verify()));
  }

  end(): void {
    this.tell(this.kernel.iterations, false, true);
  }

  private note(seconds: f64, verified: bool): void {
    this.allVerified = this.allVerified && verified;
    const mops = this.kernel.megaOperations() / seconds;
    const names = this.isPhysical ? "physical" : "virtual";
    const figures = `"seconds":${seconds},"mops":${mops}`;
    this.results.push(`{"verified":${verified.toString()},"names":"${names}",${figures}}`);
    if (this.world.rank !== 0) return;
    const verdict = verified ? "verified" : "NOT VERIFIED";
    log(`${this.kernel.name} ${argument("class", "S")} ${verdict}: ${seconds} s, ${mops} Mop/s`);
  }

  /** `isTimed`: the clock runs, in this iteration. */
  private tell(iteration: i32, isTimed: bool, isEnd: bool = false): void {
    const what = `"guest":"${argument("name", "rank")}","kernel":"${this.kernel.name}"`;
    const where = `"repetition":${this.repetition},"iteration":${iteration},"timed":${isTimed.toString()}`;
    const verified = isEnd && this.allVerified;
    report(`{${what},${where},"verified":${verified.toString()},"results":[${this.results.join(",")}]}`);
  }
}
