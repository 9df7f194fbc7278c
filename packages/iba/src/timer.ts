/** Milliseconds of a local ACK timeout, 4.096 us * 2^n; null for n = 0, which is never (IBA 9.9.2.1.1). */
export function ackTimeoutMs(timeout: number): number | null {
  return timeout === 0 ? null : 0.004096 * 2 ** timeout;
}

/** Milliseconds that a requester waits after an RNR NAK, by timer code (IBA table 46). */
export const rnrTimerMs: readonly number[] = [
  655.36, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.16, 0.24, 0.32, 0.48, 0.64, 0.96, 1.28, 1.92, 2.56, 3.84, 5.12,
  7.68, 10.24, 15.36, 20.48, 30.72, 40.96, 61.44, 81.92, 122.88, 163.84, 245.76, 327.68, 491.52,
];

/** A retry count of RNR NAKs that means "for ever". */
export const RNR_RETRY_FOREVER = 7;
