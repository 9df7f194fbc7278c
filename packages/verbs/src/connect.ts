import type { VLid, VQpn } from "@nomad/base";
import { access as accessFlags } from "./names.ts";
import type { QpAttributes } from "./qp-attributes.ts";
import type { QueuePair } from "./queue-pair.ts";

/** What one side of a connection tells the other, by whatever means. */
export interface QpAddress {
  readonly lid: number;
  readonly qpn: number;
  /** Of the first packet that this side sends. */
  readonly psn: number;
}

/** Attributes of a connection that may be other than usual. */
export type ConnectOptions = Pick<
  QpAttributes,
  | "access"
  | "pkeyIndex"
  | "pathMtu"
  | "timeout"
  | "retryCnt"
  | "rnrRetry"
  | "maxRdAtomic"
  | "maxDestRdAtomic"
  | "minRnrTimer"
>;

/** There is one. */
const PORT = 1;

const usual = {
  access: accessFlags.LOCAL_WRITE | accessFlags.REMOTE_WRITE | accessFlags.REMOTE_READ | accessFlags.REMOTE_ATOMIC,
  pathMtu: 4096,
  // 4.096 us * 2^17: 0.5 s, for a process that shares its core may pause.
  timeout: 17,
  retryCnt: 7,
  rnrRetry: 7,
  maxRdAtomic: 16,
  maxDestRdAtomic: 16,
  minRnrTimer: 12,
  pkeyIndex: 0,
} satisfies ConnectOptions;

/** Where a queue pair is, and the PSN that it will start with when `psn` is given to `connectQp`. */
export function addressOf(qp: QueuePair, psn: number): QpAddress {
  return { lid: qp.pd.context.lid, qpn: qp.number, psn };
}

/** Brings a UD queue pair from RESET to RTS; senders must give its Q_Key. */
export function readyUd(qp: QueuePair, qkey: number): void {
  qp.modify({ state: "INIT", qkey });
  qp.modify({ state: "RTR" });
  qp.modify({ state: "RTS", sqPsn: 0 });
}

/** Brings an RC or UC queue pair from RESET through INIT and RTR to RTS, towards `remote`; `psn` is of its own first packet. */
export function connectQp(qp: QueuePair, remote: QpAddress, psn: number, options: ConnectOptions = {}): void {
  const { init, rtr, rts } = stepsTo(qp, remote.psn, psn, options);
  qp.modify(init);
  qp.modify({ ...rtr, dlid: remote.lid, destQpn: remote.qpn });
  qp.modify(rts);
}

/** A queue pair of a guest's, or of a program's in the same lab. */
export interface GuestQp {
  readonly vlid: number;
  readonly vqpn: number;
  /** Of the first packet that it sends. */
  readonly psn: number;
}

/**
 * As `connectQp`, to a guest, which may move from then on: the queue pair waits meanwhile and goes on behind it, and keys of
 * the guest's stay what they are called. Rejects with E_STATE outside of a lab, E_UNREACHABLE, or E_TIMEOUT.
 */
export async function connectToGuest(
  qp: QueuePair,
  { vlid, vqpn, psn: rqPsn }: GuestQp,
  psn: number,
  options: ConnectOptions = {},
): Promise<void> {
  const { init, rtr, rts } = stepsTo(qp, rqPsn, psn, options);
  qp.modify(init);
  await qp.connect({ vlid: vlid as VLid, vqpn: vqpn as VQpn }, rtr);
  qp.modify(rts);
}

/** The attributes of each step; those of RTR without the peer's address. */
function stepsTo(qp: QueuePair, rqPsn: number, sqPsn: number, options: ConnectOptions) {
  const { access, pkeyIndex, pathMtu, timeout, retryCnt, rnrRetry, maxRdAtomic, maxDestRdAtomic, minRnrTimer } = {
    ...usual,
    ...options,
  };
  const reliable = qp.type === "RC";
  const init = { state: "INIT", access, pkeyIndex, port: PORT } satisfies QpAttributes;
  const rtr = {
    state: "RTR",
    rqPsn,
    pathMtu,
    ...(reliable && { maxDestRdAtomic, minRnrTimer }),
  } satisfies QpAttributes;
  const rts = {
    state: "RTS",
    sqPsn,
    ...(reliable && { timeout, retryCnt, rnrRetry, maxRdAtomic }),
  } satisfies QpAttributes;
  return { init, rtr, rts };
}
