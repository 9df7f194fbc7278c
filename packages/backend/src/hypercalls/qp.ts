import { EINVAL, ENOMEM, QP_STATE, QPS_RESET, QPS_RTR, QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import { limits, type VQpn } from "@nomad/base";
import type { QpType } from "@nomad/hca";
import { decodeQpAttributes } from "../attributes.ts";
import type { Qp } from "../device.ts";
import { fail, type Hypercall, ok, word } from "./call.ts";

const isQpType = (type: number): type is QpType => type === QPT_RC || type === QPT_UC || type === QPT_UD;

export const createQp: Hypercall = (c) => {
  const { device, hca } = c;
  const [type, pd, sendCq, recvCq] = [word(c, 0), word(c, 1), word(c, 2), word(c, 3)];
  const sq = { record: word(c, 4), ring: word(c, 5), entries: word(c, 6), maxSge: word(c, 10) };
  const rq = { record: word(c, 7), ring: word(c, 8), entries: word(c, 9), maxSge: word(c, 11) };
  const physical = { pd: device.pds.get(pd), sendCq: device.cqs.get(sendCq), recvCq: device.cqs.get(recvCq) };
  if (!isQpType(type) || physical.pd === undefined || !physical.sendCq || !physical.recvCq) return fail(EINVAL);
  if (device.qps.size >= limits.qpsPerGuestMax) return fail(ENOMEM);
  const vqpn = device.next.qp++ as VQpn;
  const signalAll = word(c, 12) !== 0;
  const qpn = hca.createQp({
    type,
    pd: physical.pd,
    memory: device.memory,
    sq,
    rq,
    sendCq: physical.sendCq.cqn,
    recvCq: physical.recvCq.cqn,
    signalAll,
    userIndex: vqpn,
    localEpoch: device.epoch,
  });
  const qp: Qp = {
    vqpn,
    type,
    pd,
    sendCq,
    recvCq,
    sq,
    rq,
    signalAll,
    qpn,
    remote: null,
    groups: [],
    remoteEpoch: 0,
    pendingKey: null,
    reserved: new Map(),
  };
  device.qps.set(vqpn, qp);
  c.adopt(qp);
  return ok(vqpn);
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
  c.disown(qp);
  return ok();
};
