import { type CapturedFrame, PcapngReader } from "@nomad/iba";
import { api } from "./api.ts";

/** Captures a guest's packets wherever it runs, until `signal` ends it. Rejects as `LabApi.capture` does. */
export async function captureGuest(
  guest: string,
  signal: AbortSignal,
  onFrames: (frames: readonly CapturedFrame[]) => void,
): Promise<void> {
  const capture = await api.capture({ guest });
  signal.addEventListener("abort", () => capture.cut());
  if (signal.aborted) capture.cut();
  const reader = new PcapngReader();
  for await (const piece of capture.chunks) onFrames(reader.push(piece));
}
