import type { Hca } from "@nomad/hca";
import type { Channels } from "../channels.ts";
import type { Device, PendingCall, Qp } from "../device.ts";
import type { BackendEvents } from "../events.ts";

/** What a hypercall answers: 0 or a negative errno, result words, data. `pending`: the answer comes later. */
export type Outcome =
  | { readonly status: number; readonly words?: readonly number[]; readonly data?: Uint8Array }
  | "pending";

export interface CallContext {
  readonly hca: Hca;
  readonly events: BackendEvents;
  readonly channels: Channels;
  readonly device: Device;
  readonly call: PendingCall;
  readonly now: number;
  /** The queue pairs by the adapter's numbers, for what the adapter tells. */
  readonly adopt: (qp: Qp) => void;
  readonly disown: (qp: Qp) => void;
}

export type Hypercall = (c: CallContext) => Outcome;

export const fail = (errno: number): Outcome => ({ status: -errno });
export const ok = (...words: number[]): Outcome => ({ status: 0, words });
/** Argument word `i`; 0 when the guest gave fewer. */
export const word = (c: CallContext, i: number): number => c.call.words[i] ?? 0;
export const text = (c: CallContext): string => new TextDecoder().decode(c.call.data);

/** A region or ring must lie in memory; the first bytes are the VMM's own. */
export function inMemory({ memory }: Device, address: number, bytes: number): boolean {
  return address + bytes <= memory.bytes.length;
}
