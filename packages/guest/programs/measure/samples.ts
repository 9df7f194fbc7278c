// What a batch took, as a whole and message by message.
import { clock } from "nomad/vmm";

const PER_CENT: f64[] = [0, 25, 50, 75, 99, 99.9, 100];
const NAMES: string[] = ["min", "p25", "median", "p75", "p99", "p999", "max"];

@final
export class Samples {
  private readonly laps: StaticArray<f64>;
  private used: i32 = 0;
  private began: i64 = 0;
  private before: i64 = 0;
  private messages: u32 = 0;

  /** Of so many messages that are timed one by one. */
  constructor(count: u32) {
    this.laps = new StaticArray<f64>(count);
  }

  start(): void {
    this.began = clock();
    this.before = this.began;
  }

  /** A message has gone to and fro. */
  lap(): void {
    const now = clock();
    this.laps[this.used] = <f64>(now - this.before) / 1000;
    this.used++;
    this.messages++;
    this.before = now;
  }

  /** So many messages have gone one way. */
  stop(messages: u32): void {
    this.before = clock();
    this.messages = messages;
  }

  /** `{"case":0,"ms":1.5,"messages":10,"latency":null}`; latencies in us, whole round trips. */
  toJson(index: i32): string {
    const ms = <f64>(this.before - this.began) / 1e6;
    const latency = this.used === 0 ? "null" : this.summary();
    return `{"case":${index},"ms":${ms},"messages":${this.messages},"latency":${latency}}`;
  }

  private summary(): string {
    this.laps.sort((a: f64, b: f64) => (a < b ? -1 : a > b ? 1 : 0));
    const parts: string[] = [`"count":${this.used}`];
    for (let i = 0; i < NAMES.length; i++) parts.push(`"${NAMES[i]}":${this.percentile(PER_CENT[i])}`);
    return `{${parts.join(",")}}`;
  }

  /** Between two neighbours by the distance, as packages/measure has it. */
  private percentile(p: f64): f64 {
    const at = (<f64>(this.used - 1) * p) / 100;
    const lower = this.laps[<i32>Math.floor(at)];
    const upper = this.laps[<i32>Math.ceil(at)];
    return lower + (upper - lower) * (at - Math.floor(at));
  }
}
