import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import type { CaptureFilter } from "@nomad/protocol";

/** Whose a queue pair of this adapter is, by names that stay when it gets another number. */
export interface QpOwner {
  readonly vlid: VLid;
  readonly vqpn: VQpn;
  /** The guest's name, when it runs here. */
  readonly name: string | undefined;
  readonly remote: { readonly vlid: VLid; readonly vqpn: VQpn } | null;
}

/** What is known of a packet that passes this port. */
export interface PacketFacts {
  readonly direction: "in" | "out";
  /** The port at the other end. */
  readonly port: Lid;
  /** The queue pair here: the sender of a packet that leaves, the destination of one that comes. */
  readonly own: Qpn;
  readonly owner: QpOwner | undefined;
  /** The queue pair there, which a packet that comes does not always name. */
  readonly remote: () => Qpn | null;
}

/** Is it a packet that the capture wants? */
export function matches(filter: CaptureFilter, facts: PacketFacts): boolean {
  const { vlid, vqpn, qpn, peer } = filter;
  if (peer !== null && facts.port !== peer) return false;
  if (vlid !== null && facts.owner?.vlid !== vlid) return false;
  if (vqpn !== null && facts.owner?.vqpn !== vqpn) return false;
  return qpn === null || facts.own === qpn || facts.remote() === qpn;
}

/** Who speaks to whom, by the names that programs use; empty for queue pairs of no guest. */
export function conversation(direction: "in" | "out", owner: QpOwner | undefined): string {
  if (owner === undefined) return "";
  const here = `${owner.name ?? guestText(owner.vlid)} QP ${owner.vqpn}`;
  const there = owner.remote === null ? "?" : `${guestText(owner.remote.vlid)} QP ${owner.remote.vqpn}`;
  return direction === "out" ? `${here} > ${there}` : `${there} > ${here}`;
}

function guestText(vlid: VLid): string {
  return `guest 0x${vlid.toString(16)}`;
}
