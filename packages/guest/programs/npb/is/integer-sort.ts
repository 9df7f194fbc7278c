import { allocate } from "nomad/memory";
import { allreduce, Communicator, I32, SUM } from "nomad/mpi";
import { Ints } from "../common/arrays.ts";
import { Kernel } from "../common/kernel.ts";
import { Exchange } from "./exchange.ts";
import { makeKeys } from "./keys.ts";
import { ITERATIONS, keyBits, keyCountBits, officialRank, PROBES, probeIndex } from "./official.ts";
import { isSorted } from "./order.ts";

@final
export class IntegerSort extends Kernel {
  private readonly count: i32;
  private readonly keys: Ints;
  private readonly exchange: Exchange;
  /** Of the keys that this rank has got: how many are at most so big, by their distance from the smallest. */
  private readonly upTo: Ints;
  private readonly sorted: Ints;
  private readonly probes: u32 = allocate(4 * PROBES, 16);
  private allRight: bool = true;

  constructor(
    private readonly world: Communicator,
    private readonly problem: i32,
  ) {
    super("IS", ITERATIONS);
    const count = (1 << keyCountBits[problem]) / world.size;
    this.count = count;
    const keys = Ints.make(count);
    this.keys = keys;
    const exchange = new Exchange(world, keys, count, keyBits[problem]);
    this.exchange = exchange;
    this.upTo = Ints.make(1 << keyBits[problem]);
    this.sorted = Ints.make(exchange.room);
  }

  prepare(): void {
    makeKeys(this.keys, this.world.rank * this.count, this.count, keyBits[this.problem]);
  }

  begin(): void {
    this.allRight = true;
  }

  iterate(iteration: i32): void {
    if (this.world.rank === 0) {
      this.keys[iteration] = iteration;
      this.keys[iteration + ITERATIONS] = (1 << keyBits[this.problem]) - iteration;
    }
    this.readProbes();
    this.exchange.run();
    this.countUp();
    this.checkProbes(iteration);
  }

  verify(): bool {
    const total = 1 << keyCountBits[this.problem];
    const inOrder = isSorted(this.world, this.exchange, this.upTo, this.sorted, total);
    return inOrder && this.allRight;
  }

  megaOperations(): f64 {
    return <f64>(ITERATIONS << keyCountBits[this.problem]) / 1e6;
  }

  /** Each probe's key, on all ranks. */
  private readProbes(): void {
    for (let probe = 0; probe < PROBES; probe++) {
      const index = probeIndex(this.problem, probe) - this.world.rank * this.count;
      const isMine = index >= 0 && index < this.count;
      store<i32>(this.probes + 4 * probe, isMine ? this.keys[index] : 0);
    }
    allreduce(this.world, this.probes, this.probes, PROBES, I32, SUM);
  }

  private countUp(): void {
    const exchange = this.exchange;
    const upTo = this.upTo;
    const received = exchange.received;
    const start = exchange.keyStart;
    const kinds = exchange.keyEnd - start;
    upTo.zero(kinds);
    const count = exchange.receivedCount;
    for (let i = 0; i < count; i++) upTo[received[i] - start]++;
    for (let kind = 1; kind < kinds; kind++) upTo[kind] += upTo[kind - 1];
  }

  /** A key's rank is the number of smaller keys. */
  private checkProbes(iteration: i32): void {
    const exchange = this.exchange;
    for (let probe = 0; probe < PROBES; probe++) {
      const key = load<i32>(this.probes + 4 * probe);
      if (key < exchange.keyStart || key >= exchange.keyEnd) continue;
      const kind = key - exchange.keyStart;
      const rank = exchange.lesser + (kind > 0 ? this.upTo[kind - 1] : 0);
      if (rank !== officialRank(this.problem, probe, iteration)) this.allRight = false;
    }
  }
}
