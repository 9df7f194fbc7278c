// Round trips by when they ended: how many in each bucket of time, how long on average, and the longest.
import { log } from "nomad/log";

const BUCKETS_MAX: u32 = 20_000;
const BUCKETS_PER_LINE: u32 = 200;

@final
export class Series {
  private readonly counts: StaticArray<u32> = new StaticArray<u32>(BUCKETS_MAX);
  private readonly sums: StaticArray<i64> = new StaticArray<i64>(BUCKETS_MAX);
  private readonly longest: StaticArray<i64> = new StaticArray<i64>(BUCKETS_MAX);
  private used: u32 = 0;

  /** @param bucket ns */
  constructor(
    private readonly began: i64,
    private readonly bucket: i64,
  ) {}

  /** A round trip; what ends after the last bucket is in the last. Times of `clock`. */
  add(from: i64, to: i64): void {
    const at = <u32>min<i64>((to - this.began) / this.bucket, BUCKETS_MAX - 1);
    this.counts[at]++;
    this.sums[at] += to - from;
    this.longest[at] = max(this.longest[at], to - from);
    this.used = max(this.used, at + 1);
  }

  /** Lines `series {"first":0,"bucketUs":5000,"buckets":[[count,mean us,longest us],...]}`; `first` counts buckets. */
  print(): void {
    for (let first: u32 = 0; first < this.used; first += BUCKETS_PER_LINE) {
      const buckets: string[] = [];
      for (let at = first; at < min(first + BUCKETS_PER_LINE, this.used); at++) buckets.push(this.bucketText(at));
      log(`series {"first":${first},"bucketUs":${this.bucket / 1000},"buckets":[${buckets.join(",")}]}`);
    }
  }

  private bucketText(at: u32): string {
    const count = this.counts[at];
    const mean = count === 0 ? 0 : this.sums[at] / (1000 * <i64>count);
    return `[${count},${mean},${this.longest[at] / 1000}]`;
  }
}
