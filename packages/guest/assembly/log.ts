// What a program says to its operator.
import { HC_LOG, HC_REPORT } from "../../abi/src/hypercall.ts";
import { begin, call, text } from "./hypercall.ts";

/** One line of text into the guest's log. */
export function log(line: string): void {
  begin();
  text(line);
  call(HC_LOG);
}

/** The program's result so far, as JSON; the last one counts. */
export function report(json: string): void {
  begin();
  text(json);
  call(HC_REPORT);
}
