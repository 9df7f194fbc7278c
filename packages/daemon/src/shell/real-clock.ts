import { performance } from "node:perf_hooks";
import type { Cancel, Clock } from "@nomad/base";

/** As often as this, what is asked for soon waits for a turn of the event loop. */
const LOOP_EVERY = 64;
let askedSoon = 0;

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
  soon(action: () => void): void {
    // Who keeps himself busy must not keep everybody else waiting.
    if (++askedSoon % LOOP_EVERY === 0) setImmediate(action);
    // The next tick comes when no microtask is left; asked for by a microtask, because before the first one it comes at once.
    else queueMicrotask(() => process.nextTick(action));
  },
};
