// What a program says to its operator.
import { HC_LOG, HC_REPORT } from "../../abi/src/hypercall.ts";
import { begin, call, text } from "./hypercall.ts";

/**
 * After so many texts garbage is collected. The collector begins by itself when half of the memory is garbage; with
 * buffers in the other half, which it does not count, that is too late.
 */
const COLLECT_EVERY: u32 = 64;
let texts: u32 = 0;

function collectNowAndThen(): void {
  texts++;
  if (texts % COLLECT_EVERY === 0) __collect();
}

/** One line of text into the guest's log. */
export function log(line: string): void {
  begin();
  text(line);
  call(HC_LOG);
  collectNowAndThen();
}

/** The program's result so far, as JSON; the last one counts. */
export function report(json: string): void {
  begin();
  text(json);
  call(HC_REPORT);
  collectNowAndThen();
}
