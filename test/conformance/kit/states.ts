import { access, type QpAttributes, type QueuePair } from "@nomad/verbs";

const peerAccess = access.REMOTE_WRITE | access.REMOTE_READ | access.REMOTE_ATOMIC;

/** Attributes that each step of a reliable connection needs. PSNs are as in `connect`, seen from its second end. */
export function stepsTo(peer: QueuePair): { INIT: QpAttributes; RTR: QpAttributes; RTS: QpAttributes } {
  const path = { dlid: peer.pd.context.lid, destQpn: peer.qpn, pathMtu: 4096 };
  return {
    INIT: { state: "INIT", access: peerAccess },
    RTR: { state: "RTR", ...path, rqPsn: 1000, maxDestRdAtomic: 16, minRnrTimer: 1 },
    RTS: { state: "RTS", sqPsn: 2000, timeout: 17, retryCnt: 7, rnrRetry: 7, maxRdAtomic: 16 },
  };
}

export type UpTo = "RESET" | "INIT" | "RTR" | "RTS" | "ERR";

const steps = ["INIT", "RTR", "RTS"] as const;

/** Brings a queue pair in RESET to a state, towards a peer that `connectQp` made with the first packet 1000. */
export function bringUp(qp: QueuePair, peer: QueuePair, state: UpTo): void {
  const attributes = stepsTo(peer);
  const last = state === "ERR" ? "RTS" : state;
  for (const step of steps.slice(0, steps.indexOf(last as (typeof steps)[number]) + 1)) qp.modify(attributes[step]);
  if (state === "ERR") qp.modify({ state: "ERR" });
}
