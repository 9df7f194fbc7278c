import type { RunningCapture } from "@nomad/protocol/client";
import { CaptureIntake } from "../capture-intake.ts";
import type { CaptureOutput } from "./capture-output.ts";

/** After a capture was asked to end, its last blocks are waited for no longer. */
const endMs = 1500;
const progressMs = 1000;

export interface CaptureRun {
  readonly capture: RunningCapture;
  readonly output: CaptureOutput;
  readonly packetsMax: number | undefined;
  readonly seconds: number | undefined;
  /** The operator has had enough. */
  readonly signal: AbortSignal;
  readonly onProgress: (intake: CaptureIntake) => void;
}

/** Streams a capture to its output until it has enough, or either side ends it; answers the counts. */
export async function runCapture(o: CaptureRun): Promise<CaptureIntake> {
  const { capture, output, signal } = o;
  const intake = new CaptureIntake(o.packetsMax);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => output.close());
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    const late = setTimeout(() => capture.cut(), endMs);
    undo.defer(() => clearTimeout(late));
    // When central does not answer, the file ends without its statistics, but whole.
    capture.end().catch(() => capture.cut());
  };
  signal.addEventListener("abort", end);
  undo.defer(() => signal.removeEventListener("abort", end));
  if (signal.aborted) end();
  const progress = setInterval(() => o.onProgress(intake), progressMs);
  undo.defer(() => clearInterval(progress));
  if (o.seconds !== undefined) {
    const enough = setTimeout(end, o.seconds * 1000);
    undo.defer(() => clearTimeout(enough));
  }
  for await (const chunk of capture.chunks) {
    const wanted = await output.write(intake.push(chunk));
    if (!wanted || intake.full) end();
    if (!wanted) capture.cut();
  }
  return intake;
}
