/** So much of the past is shown. */
export const secondsShown = 120;

/** A value in time, for a chart: seconds since 1970 and values, the oldest first. */
export class Series {
  readonly times: number[] = [];
  readonly values: number[] = [];

  /** `now`: ms. */
  push(value: number, now: number): void {
    this.times.push(now / 1000);
    this.values.push(value);
    while ((this.times[0] ?? 0) < now / 1000 - secondsShown) {
      this.times.shift();
      this.values.shift();
    }
  }
}
