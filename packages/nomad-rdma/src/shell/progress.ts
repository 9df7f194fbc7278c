import { Progress } from "../output/progress.ts";
import type { Terminal } from "./terminal.ts";

/** Progress on stderr, by this machine's clock. */
export function makeProgress(terminal: Terminal): Progress {
  return new Progress({ write: terminal.rawErr, isTty: terminal.errIsTty, now: () => performance.now() });
}
