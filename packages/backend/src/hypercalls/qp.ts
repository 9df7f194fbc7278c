import { EINVAL, ENOMEM, QP_STATE, QPS_RTR, QPT_RC } from "@nomad/abi";
import { limits, type VQpn } from "@nomad/base";
import { decodeQpAttributes } from "../attributes.ts";
import type { Qp } from "../device.ts";
import { fail, type Hypercall, ok, word } from "./call.ts";

export const createQp: Hypercall = (c) => {
  const { device, hca } = c;
  const [type, pd, sendCq, recvCq] = [word(c, 0), word(c, 1), word(c, 2), word(c, 3)];
  const sq = { record: word(c, 4), ring: word(c, 5), entries: word(c, 6), maxSge: word(c, 10) };
  const rq = { record: word(c, 7), ring: word(c, 8), entries: word(c, 9), maxSge: word(c, 11) };
  const physical = { pd: device.pds.get(pd), sendCq: device.cqs.get(sendCq), recvCq: device.cqs.get(recvCq) };
  if (type !== QPT_RC || physical.pd === undefined || !physical.sendCq || !physical.recvCq) return fail(EINVAL);
  if (device.qps.size >= limits.qpsPerGuestMax) return fail(ENOMEM);
  const vqpn = device.next.qp++ as VQpn;
  const signalAll = word(c, 12) !== 0;
  const qpn = hca.createQp({
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
    pd,
    sendCq,
    recvCq,
    sq,
    rq,
    signalAll,
    qpn,
    remote: null,
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
  const toRtr = (word(c, 1) & QP_STATE) !== 0 && word(c, 2) === QPS_RTR;
  if (!toRtr) {
    c.hca.modifyQp(qp.qpn, attributes, c.now);
    return ok();
  }
  if (!remote) return fail(EINVAL);
  c.events.connect({ vlid: c.device.vlid, sequence: c.call.sequence, vqpn: qp.vqpn, remote });
  return "pending";
};

export const queryQp: Hypercall = (c) => {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  const { state, sqPsn, rqPsn } = c.hca.queryQp(qp.qpn);
  return ok(state, sqPsn, rqPsn, qp.remote?.vqpn ?? 0, qp.remote?.vlid ?? 0);
};

export const destroyQp: Hypercall = (c) => {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  c.hca.destroyQp(qp.qpn);
  c.device.qps.delete(qp.vqpn);
  c.disown(qp);
  return ok();
};
