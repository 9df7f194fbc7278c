// The machine a program runs on: time, waiting, being asked to end.
import { VMM_BELL, VMM_EPOCH, VMM_SHUTDOWN, VMM_VLID } from "../../abi/src/layout.ts";
import { clock, wait } from "./nomad.ts";

export { clock, wait };

/** The results of `wait`. */
export const WAIT_OK = 0;
export const WAIT_NOT_EQUAL = 1;
export const WAIT_TIMED_OUT = 2;

/** Nobody notifies this word: waiting on it is sleeping. */
const pillow = memory.data(4, 4);

/** Waits `nanoseconds`, or until a shutdown is requested. */
export function sleep(nanoseconds: i64): void {
  const deadline = clock() + nanoseconds;
  for (let left = nanoseconds; left > 0 && !shutdownRequested(); left = deadline - clock()) wait(pillow, 0, left);
}

/** Has the operator asked the program to end in its own way? */
export function shutdownRequested(): bool {
  return atomic.load<i32>(VMM_SHUTDOWN) !== 0;
}

/** Raised each time the guest is bound to a host: physical names read under another epoch are stale. */
export function epoch(): u32 {
  return atomic.load<u32>(VMM_EPOCH);
}

/** The guest's vLID, its address for life. */
export function vlid(): u32 {
  return load<u32>(VMM_VLID);
}

/** Tells the host that there is something to look at. */
export function ringBell(): void {
  atomic.add<i32>(VMM_BELL, 1);
  atomic.notify(VMM_BELL, 1);
}
