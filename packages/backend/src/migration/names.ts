import type { Lid, Psn, Qpn, VLid, VQpn } from "@nomad/base";

/** A peer's queue pair at the cut: suspended, drained, with the number it will have when the move is decided. */
export interface PeerCut {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
  /** The moving guest's queue pair it is connected to. */
  readonly toVqpn: VQpn;
  readonly dlid: Lid;
  readonly qpn: Qpn;
  readonly sqPsn: Psn;
  readonly rqPsn: Psn;
}

/** The new number of one of the moving guest's queue pairs. */
export interface PeerName {
  readonly vqpn: VQpn;
  readonly qpn: Qpn;
}
