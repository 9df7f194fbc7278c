import type { Cancel, Clock } from "@nomad/base";

/** The process's monotonic clock. */
export const realClock: Clock = {
  now: () => performance.now(),
  after(ms: number, action: () => void): Cancel {
    if (ms <= 0) {
      const immediate = setImmediate(action);
      return () => clearImmediate(immediate);
    }
    const timeout = setTimeout(action, Math.min(Math.ceil(ms), 2 ** 31 - 1));
    return () => clearTimeout(timeout);
  },
};
