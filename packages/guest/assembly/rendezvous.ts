// How programs find each other: a value published under a name, for any guest to look up.
import { EAGAIN, HC_LOOKUP, HC_PUBLISH } from "../../abi/src/hypercall.ts";
import { begin, call, resultText, text } from "./hypercall.ts";
import { clock, sleep } from "./vmm.ts";

/** Nanoseconds between two look-ups of a name that is not there yet. */
const POLL_INTERVAL: i64 = 10_000_000;

/** Publishes `value` under `name`; 0 or a negative errno. */
export function publish(name: string, value: string): i32 {
  begin();
  text(`${name}\n${value}`);
  return call(HC_PUBLISH);
}

/** The value published under `name`; waits for it up to `timeout` nanoseconds, then null. */
export function lookup(name: string, timeout: i64): string | null {
  const deadline = clock() + timeout;
  let status = lookupOnce(name);
  while (status === -EAGAIN && clock() < deadline) {
    sleep(POLL_INTERVAL);
    status = lookupOnce(name);
  }
  return status === 0 ? resultText() : null;
}

function lookupOnce(name: string): i32 {
  begin();
  text(name);
  return call(HC_LOOKUP);
}
