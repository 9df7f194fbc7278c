import type { Lid, Qpn } from "@nomad/base";

/** Sees the packets of a port, as they leave and as they come. The bytes are valid during the call only. */
export interface PacketTap {
  /** The queue pair `from` has sent a packet to the port `dlid`, whether anybody is there or not. */
  sent(bytes: Uint8Array, offset: number, length: number, dlid: Lid, from: Qpn): void;
  /** A packet has come from the port `slid`; nothing of it has been checked yet, its ICRC neither. */
  received(bytes: Uint8Array, offset: number, length: number, slid: Lid): void;
}
