import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import type { QpCut } from "@nomad/hca";
import type { Device } from "../device.ts";

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

/** What a peer's queue pair, that of this name, goes on by. */
export interface Resume {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
  readonly cut: QpCut;
}

/** The new number of one of the moving guest's queue pairs. */
export interface PeerName {
  readonly vqpn: VQpn;
  readonly qpn: Qpn;
  /** Null when nothing was under way between it and its peer. */
  readonly resume: Resume | null;
}

/** The new numbers of all of a device's queue pairs; `resumes`: what peers of some of them go on by. */
export function namesOf(device: Device, resumes: ReadonlyMap<VQpn, Resume>): PeerName[] {
  return [...device.qps.values()].map(({ vqpn, qpn }) => ({ vqpn, qpn, resume: resumes.get(vqpn) ?? null }));
}
