import { type CapturedFrame, PcapngReader } from "@nomad/iba";
import { api } from "./api.ts";

/** A guest's packets, first those that hosts remember, then as they pass wherever it runs, until `signal` ends it. Rejects as `LabApi.capture` does. */
export async function captureGuest(
  guest: string,
  signal: AbortSignal,
  onFrames: (frames: readonly CapturedFrame[]) => void,
): Promise<void> {
  const capture = await api.capture({ guest, recent: "true" });
  signal.addEventListener("abort", () => capture.cut());
  if (signal.aborted) capture.cut();
  const reader = new PcapngReader();
  for await (const piece of capture.chunks) onFrames(reader.push(piece));
}
