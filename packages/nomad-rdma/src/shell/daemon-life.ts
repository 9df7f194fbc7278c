import { createInterface } from "node:readline";
import { keepWord } from "../lab/shell/daemon-process.ts";

/** What a daemon is when it runs. */
export interface Running {
  /** Resolves when it cannot go on. */
  readonly failed?: Promise<Error>;
  close(): Promise<void>;
}

/** Closing must not take longer: whoever ends us kills after 2 s. */
const closeMs = 1500;

/**
 * Runs until SIGINT, SIGTERM or, when our life hangs on our parent's, the end of stdin; then closes, and exits hard
 * when closing hangs. The word `keep` on stdin cuts the parent's cord. Fails, after it has closed, when the daemon does.
 */
export async function liveUntilAsked(daemon: Running, withParent: boolean): Promise<void> {
  const asked = askedToEnd(withParent).then(() => undefined);
  const failure = await (daemon.failed ? Promise.race([asked, daemon.failed]) : asked);
  setTimeout(() => process.exit(1), closeMs).unref();
  await daemon.close();
  if (failure) throw failure;
}

function askedToEnd(withParent: boolean): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => {}, 2 ** 30);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    process.once("SIGINT", end);
    process.once("SIGTERM", end);
    if (withParent) onParentGone(end);
  });
}

/** Watches stdin, whose other end the parent holds as long as it lives. */
export function onParentGone(gone: () => void): void {
  let kept = false;
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    kept ||= line === keepWord;
  });
  lines.on("close", () => {
    if (!kept) gone();
  });
}
