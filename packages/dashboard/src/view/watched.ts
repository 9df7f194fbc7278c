import type { LabEvent } from "@nomad/protocol/http";
import { signal } from "@preact/signals";
import { packetLine } from "../model/packet.ts";
import { PacketLog } from "../model/packet-log.ts";
import { captureGuest } from "../shell/capture.ts";
import { after, now } from "../shell/clock.ts";
import { attempt, pulse } from "./state.ts";

/** So long packets are taken after a move, ms. */
const afterMoveMs = 500;

/** The packets that are shown, of one guest; null before anybody asked for any. */
export const packetLog = signal<PacketLog | null>(null);
/** Is the capture under way? */
export const capturing = signal(false);
let leave = new AbortController();

/** Begins anew, with this guest's packets. */
export function watchPackets(guest: string): void {
  stopPackets();
  const log = new PacketLog(guest);
  const own = new AbortController();
  leave = own;
  packetLog.value = log;
  capturing.value = true;
  const taken = captureGuest(guest, own.signal, (frames) => {
    log.push(frames.map(packetLine).filter((line) => line !== null));
  });
  const ended = () => {
    if (leave === own) capturing.value = false;
    pulse.value++;
  };
  void attempt(taken.finally(ended));
}

/** What was captured stays to be read. */
export function stopPackets(): void {
  leave.abort();
  capturing.value = false;
}

/** Notes the moments of the guest's move among its packets; when that has ended, there is no more to see. */
export function noteMove(event: LabEvent, entered: boolean): void {
  const log = packetLog.value;
  if (event.type !== "move" || !entered || !capturing.value || event.move.guest !== log?.guest) return;
  const { phase, outcome, totalMs } = event.move;
  log.mark({ heardAtMs: now(), sinceStartMs: totalMs, text: phase });
  const own = leave;
  if (outcome !== "") after(afterMoveMs, () => own === leave && stopPackets());
}
