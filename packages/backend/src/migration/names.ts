import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import type { QpCut } from "@nomad/hca";

/** A peer's queue pair when it was suspended: what it had sent and taken, and the number it will have when the move is decided. */
export interface PeerCut {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
  /** The moving guest's queue pair it is connected to. */
  readonly toVqpn: VQpn;
  readonly dlid: Lid;
  readonly qpn: Qpn;
  readonly cut: QpCut;
}

/** The new number of one of the moving guest's queue pairs. */
export interface PeerName {
  readonly vqpn: VQpn;
  readonly qpn: Qpn;
  /** What a peer's queue pair goes on by; null when nothing was under way between the two. */
  readonly resume: { readonly vlid: VLid; readonly vqpn: VQpn; readonly cut: QpCut } | null;
}
