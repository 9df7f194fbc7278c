// Brings each key to the rank that its bucket is dealt to.
import { check } from "nomad/check";
import { allreduce, alltoall, alltoallv, Communicator, I32, SUM } from "nomad/mpi";
import { Ints } from "../common/arrays.ts";

const BUCKET_BITS: i32 = 10;
const BUCKETS: i32 = 1 << BUCKET_BITS;

@final
export class Exchange {
  /** What this rank has got, and how much. */
  readonly received: Ints;
  receivedCount: i32 = 0;
  /** The most that it may get. */
  readonly room: i32;
  /** Its keys are from `keyStart` up to `keyEnd`; others have `lesser` smaller ones. */
  keyStart: i32 = 0;
  keyEnd: i32 = 0;
  lesser: i32 = 0;
  private readonly shift: i32;
  private readonly sorted: Ints;
  private readonly mine: Ints = Ints.make(BUCKETS);
  private readonly total: Ints = Ints.make(BUCKETS);
  private readonly next: Ints = Ints.make(BUCKETS);
  /** Rank r's buckets begin at starts[r]. */
  private readonly starts: StaticArray<i32>;
  private readonly outCounts: StaticArray<u32>;
  private readonly outPlaces: StaticArray<u32>;
  private readonly inCounts: StaticArray<u32>;
  private readonly inPlaces: StaticArray<u32>;

  constructor(
    private readonly world: Communicator,
    private readonly keys: Ints,
    private readonly count: i32,
    keyBits: i32,
  ) {
    const ranks = world.size;
    this.shift = keyBits - BUCKET_BITS;
    this.sorted = Ints.make(count);
    // Buckets are dealt whole: nobody gets more than half as much again.
    const room = ranks > 1 ? count + count / 2 : count;
    this.room = room;
    this.received = Ints.make(room);
    this.starts = new StaticArray<i32>(ranks + 1);
    this.outCounts = new StaticArray<u32>(ranks);
    this.outPlaces = new StaticArray<u32>(ranks);
    this.inCounts = new StaticArray<u32>(ranks);
    this.inPlaces = new StaticArray<u32>(ranks);
  }

  run(): void {
    this.countBuckets();
    allreduce(this.world, this.mine.at(0), this.total.at(0), BUCKETS, I32, SUM);
    this.dealBuckets();
    this.sortIntoBuckets();
    this.send();
  }

  private countBuckets(): void {
    const mine = this.mine;
    const keys = this.keys;
    const count = this.count;
    const shift = this.shift;
    mine.zero(BUCKETS);
    for (let i = 0; i < count; i++) mine[keys[i] >> shift]++;
  }

  /** To each rank in turn, until it has its part of all keys. */
  private dealBuckets(): void {
    const ranks = this.world.size;
    const all = <i64>this.count * ranks;
    let rank = 0;
    let dealt: i64 = 0;
    this.starts[0] = 0;
    this.lesser = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      if (rank + 1 < ranks && dealt * ranks >= all * (rank + 1)) {
        this.starts[++rank] = bucket;
        if (rank === this.world.rank) this.lesser = <i32>dealt;
      }
      dealt += this.total[bucket];
    }
    while (rank < ranks) this.starts[++rank] = BUCKETS;
    this.keyStart = this.starts[this.world.rank] << this.shift;
    this.keyEnd = this.starts[this.world.rank + 1] << this.shift;
  }

  private sortIntoBuckets(): void {
    const next = this.next;
    const keys = this.keys;
    const sorted = this.sorted;
    let place = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      next[bucket] = place;
      place += this.mine[bucket];
    }
    const count = this.count;
    const shift = this.shift;
    for (let i = 0; i < count; i++) {
      const key = keys[i];
      sorted[next[key >> shift]++] = key;
    }
  }

  private send(): void {
    const ranks = this.world.size;
    let place: u32 = 0;
    for (let rank = 0; rank < ranks; rank++) {
      let bytes: u32 = 0;
      for (let bucket = this.starts[rank]; bucket < this.starts[rank + 1]; bucket++) bytes += 4 * this.mine[bucket];
      this.outCounts[rank] = bytes;
      this.outPlaces[rank] = place;
      place += bytes;
    }
    alltoall(this.world, changetype<usize>(this.outCounts), 4, changetype<usize>(this.inCounts));
    place = 0;
    for (let rank = 0; rank < ranks; rank++) {
      this.inPlaces[rank] = place;
      place += this.inCounts[rank];
    }
    this.receivedCount = <i32>(place / 4);
    check(this.receivedCount <= this.room, "IS: the keys are dealt about equally");
    alltoallv(
      this.world,
      this.sorted.at(0),
      this.outCounts,
      this.outPlaces,
      this.received.at(0),
      this.inCounts,
      this.inPlaces,
    );
  }
}
