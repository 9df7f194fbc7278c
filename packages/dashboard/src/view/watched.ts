import type { LabEvent } from "@nomad/protocol/http";
import { signal } from "@preact/signals";
import { packetLine } from "../model/packet.ts";
import { PacketLog } from "../model/packet-log.ts";
import { captureGuest } from "../shell/capture.ts";
import { after } from "../shell/clock.ts";
import { attempt, dashboard, pulse } from "./state.ts";

/** So long packets are taken after a move, ms. */
const afterMoveMs = 500;
/** So long hosts are given to tell what they remember, ms. */
const recallMs = 1_500;

/** The packets that are shown, of one guest; null before anybody asked for any. */
export const packetLog = signal<PacketLog | null>(null);
/** The guest whose packets are, or may be, watched; empty: any. */
export const packetsOf = signal("");
/** Is the capture under way? */
export const capturing = signal(false);
let leave = new AbortController();

/** Begins anew, with this guest's packets: first those that hosts remember, then as they pass. */
export function watchPackets(guest: string): void {
  stopPackets();
  const log = new PacketLog(guest);
  for (const move of dashboard.view.moves.values()) if (move.guest === guest) log.note(move);
  packetsOf.value = guest;
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

/** What is remembered of this guest's packets, and nothing more. */
export function recallPackets(guest: string): void {
  watchPackets(guest);
  const own = leave;
  after(recallMs, () => own === leave && stopPackets());
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
  log.note(event.move);
  const own = leave;
  if (event.move.outcome !== "") after(afterMoveMs, () => own === leave && stopPackets());
}
