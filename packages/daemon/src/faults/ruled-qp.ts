import type { Qpn, VLid, VQpn } from "@nomad/base";
import type { RuledQp } from "@nomad/wire";
import type { QpOwner } from "../capture/capture-filter.ts";

/** Who has which queue pair of an adapter. */
export interface QueuePairs {
  readonly owner: (qpn: Qpn) => QpOwner | undefined;
  /** The queue pair that one of this adapter's is connected to. */
  readonly connectedTo: (qpn: Qpn) => Qpn | null;
}

/** Does a packet for this queue pair go to or come from those that a rule names? */
export function isOf({ owner, connectedTo }: QueuePairs, destQpn: Qpn, { vlid, vqpn, qpn }: RuledQp): boolean {
  if (vlid === null) return qpn === null || qpn === destQpn || qpn === connectedTo(destQpn);
  const here = owner(destQpn);
  const isEnd = (end: { readonly vlid: VLid; readonly vqpn: VQpn } | null | undefined) =>
    end?.vlid === vlid && (vqpn === null || end.vqpn === vqpn);
  return isEnd(here) || isEnd(here?.remote);
}
