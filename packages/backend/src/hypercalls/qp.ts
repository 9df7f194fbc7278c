import { EINVAL, ENOMEM, QP_STATE, QPS_RESET, QPS_RTR, QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import { limits, type VQpn } from "@nomad/base";
import type { QpType } from "@nomad/hca";
import { withdrawEvents } from "../async-events.ts";
import { decodeQpAttributes } from "../attributes.ts";
import type { Qp } from "../device.ts";
import { qpInit } from "../qp-init.ts";
import { type CallContext, fail, type Hypercall, ok, word } from "./call.ts";

const isQpType = (type: number): type is QpType => type === QPT_RC || type === QPT_UC || type === QPT_UD;

/** The rings that HC_CREATE_QP names; null for a receive queue when a shared one takes its place. */
function ringsOf(c: CallContext): Pick<Qp, "sq" | "rq" | "srq"> {
  const srq = word(c, 13) === 0 ? null : word(c, 13);
  const sq = { record: word(c, 4), ring: word(c, 5), entries: word(c, 6), maxSge: word(c, 10) };
  const rq = { record: word(c, 7), ring: word(c, 8), entries: word(c, 9), maxSge: word(c, 11) };
  return { sq, rq: srq === null ? rq : null, srq };
}

export const createQp: Hypercall = (c) => {
  const { device, hca } = c;
  const [type, pd, sendCq, recvCq] = [word(c, 0), word(c, 1), word(c, 2), word(c, 3)];
  if (!isQpType(type)) return fail(EINVAL);
  if (device.qps.size >= limits.qpsPerGuestMax) return fail(ENOMEM);
  const record = {
    vqpn: device.next.qp as VQpn,
    type,
    pd,
    sendCq,
    recvCq,
    ...ringsOf(c),
    signalAll: word(c, 12) !== 0,
  };
  const init = qpInit(device, record);
  if (init === null) return fail(EINVAL);
  const qpn = hca.createQp(init);
  device.next.qp++;
  const unconnected = { remote: null, groups: [], remoteEpoch: 0, pendingKey: null };
  const qp: Qp = { ...record, ...unconnected, qpn, holds: new Map(), cut: null };
  device.qps.set(qp.vqpn, qp);
  c.adopt(qp);
  return ok(qp.vqpn);
};

export const modifyQp: Hypercall = (c) => {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  const { attributes, remote } = decodeQpAttributes(c.call.words);
  const changesState = (word(c, 1) & QP_STATE) !== 0;
  if (changesState && attributes.state === QPS_RTR && qp.type !== QPT_UD) {
    if (!remote) return fail(EINVAL);
    c.events.connect({ vlid: c.device.vlid, sequence: c.call.sequence, vqpn: qp.vqpn, remote });
    return "pending";
  }
  c.hca.modifyQp(qp.qpn, attributes, c.now);
  if (changesState && attributes.state === QPS_RESET) qp.remote = null;
  return ok();
};

export const queryQp: Hypercall = (c) => {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  const q = c.hca.queryQp(qp.qpn);
  const names = [q.state, q.sqPsn, q.rqPsn, qp.remote?.vqpn ?? 0, qp.remote?.vlid ?? 0, q.type];
  const connection = [q.access, q.pathMtu, q.timeout, q.retryCnt, q.rnrRetry, q.maxRdAtomic, q.maxDestRdAtomic];
  return ok(...names, ...connection, q.minRnrTimer, q.qkey, q.pkeyIndex, q.sqDraining ? 1 : 0);
};

export const destroyQp: Hypercall = (c) => {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  c.hca.destroyQp(qp.qpn);
  c.device.qps.delete(qp.vqpn);
  withdrawEvents(c.device, "qp", qp.vqpn);
  c.disown(qp);
  return ok();
};
