import {
  EAGAIN,
  EBUSY,
  EINVAL,
  ENOENT,
  ENOMEM,
  ENOSYS,
  HC_ALLOC_PD,
  HC_CREATE_CQ,
  HC_CREATE_QP,
  HC_DEALLOC_PD,
  HC_DEREG_MR,
  HC_DESTROY_CQ,
  HC_DESTROY_QP,
  HC_LOG,
  HC_LOOKUP,
  HC_MODIFY_QP,
  HC_PUBLISH,
  HC_QUERY_LKEYS,
  HC_QUERY_QP,
  HC_REG_MR,
  HC_REPORT,
  HC_RESOLVE_RKEY,
  MAILBOX_WORDS_MAX,
  QP_STATE,
  QPS_RTR,
  QPT_RC,
} from "@nomad/abi";
import { limits, type VKey, type VLid, type VQpn } from "@nomad/base";
import type { Hca } from "@nomad/hca";
import { decodeQpAttributes } from "./attributes.ts";
import type { Device, PendingCall, Qp } from "./device.ts";
import type { BackendEvents } from "./events.ts";

/** What a hypercall answers: 0 or a negative errno, result words, data. `pending`: the answer comes later. */
export type Outcome =
  | { readonly status: number; readonly words?: readonly number[]; readonly data?: Uint8Array }
  | "pending";

export interface CallContext {
  readonly hca: Hca;
  readonly events: BackendEvents;
  readonly device: Device;
  readonly call: PendingCall;
  readonly now: number;
  /** The queue pairs by the adapter's numbers, for what the adapter tells. */
  readonly adopt: (qp: Qp) => void;
  readonly disown: (qp: Qp) => void;
}

const fail = (errno: number): Outcome => ({ status: -errno });
const ok = (...words: number[]): Outcome => ({ status: 0, words });
const word = (c: CallContext, i: number): number => c.call.words[i] ?? 0;
const text = (c: CallContext): string => new TextDecoder().decode(c.call.data);

/** A region or ring must lie in memory; the first bytes are the VMM's own. */
function inMemory(device: Device, address: number, bytes: number): boolean {
  return address + bytes <= device.memory.bytes.length;
}

function allocPd(c: CallContext): Outcome {
  if (c.device.pds.size >= limits.pdsPerGuestMax) return fail(ENOMEM);
  const pd = c.device.next.pd++;
  c.device.pds.set(pd, c.hca.allocPd());
  return ok(pd);
}

function deallocPd(c: CallContext): Outcome {
  const pd = word(c, 0);
  const physical = c.device.pds.get(pd);
  if (physical === undefined) return fail(EINVAL);
  const used = [...c.device.regions.values(), ...c.device.qps.values()].some((user) => user.pd === pd);
  if (used) return fail(EBUSY);
  c.hca.deallocPd(physical);
  c.device.pds.delete(pd);
  return ok();
}

function regMr(c: CallContext): Outcome {
  const [pd, address, length, access] = [word(c, 0), word(c, 1), word(c, 2), word(c, 3)];
  const physical = c.device.pds.get(pd);
  if (physical === undefined || !inMemory(c.device, address, length)) return fail(EINVAL);
  if (c.device.regions.size >= limits.mrsPerGuestMax) return fail(ENOMEM);
  const region = c.hca.registerMemory({ pd: physical, memory: c.device.memory, address, length, access });
  const vkey = (c.device.next.region++ << 8) as VKey;
  c.device.regions.set(vkey, { vkey, pd, address, length, access, lkey: region.lkey, rkey: region.rkey });
  return ok(vkey, region.lkey, region.rkey);
}

function deregMr(c: CallContext): Outcome {
  const vkey = word(c, 0) as VKey;
  const region = c.device.regions.get(vkey);
  if (!region) return fail(EINVAL);
  c.hca.deregisterMemory(region.lkey);
  c.device.regions.delete(vkey);
  return ok();
}

function createCq(c: CallContext): Outcome {
  const location = { record: word(c, 0), ring: word(c, 1), entries: word(c, 2) };
  if (location.entries > limits.ringEntriesMax || !inMemory(c.device, location.ring, location.entries * 64))
    return fail(EINVAL);
  if (c.device.cqs.size >= limits.cqsPerGuestMax) return fail(ENOMEM);
  const cqn = c.hca.createCq({ memory: c.device.memory, location });
  const cq = c.device.next.cq++;
  c.device.cqs.set(cq, { cq, location, cqn });
  return ok(cq);
}

function destroyCq(c: CallContext): Outcome {
  const cq = c.device.cqs.get(word(c, 0));
  if (!cq) return fail(EINVAL);
  const used = [...c.device.qps.values()].some((qp) => qp.sendCq === cq.cq || qp.recvCq === cq.cq);
  if (used) return fail(EBUSY);
  c.hca.destroyCq(cq.cqn);
  c.device.cqs.delete(cq.cq);
  return ok();
}

function createQp(c: CallContext): Outcome {
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
}

function modifyQp(c: CallContext): Outcome {
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
}

function queryQp(c: CallContext): Outcome {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  const { state, sqPsn, rqPsn } = c.hca.queryQp(qp.qpn);
  return ok(state, sqPsn, rqPsn, qp.remote?.vqpn ?? 0, qp.remote?.vlid ?? 0);
}

function destroyQp(c: CallContext): Outcome {
  const qp = c.device.qps.get(word(c, 0) as VQpn);
  if (!qp) return fail(EINVAL);
  c.hca.destroyQp(qp.qpn);
  c.device.qps.delete(qp.vqpn);
  c.disown(qp);
  return ok();
}

function resolveRkey(c: CallContext): Outcome {
  c.events.resolve({
    vlid: c.device.vlid,
    owner: word(c, 0) as VLid,
    vkey: word(c, 1) as VKey,
    wanted: { kind: "call", sequence: c.call.sequence },
  });
  return "pending";
}

/** Pages of the table of own keys, in order of v-key, so that the driver can read it anew after a move. */
function queryLkeys(c: CallContext): Outcome {
  const from = word(c, 0) << 8;
  const perCall = (MAILBOX_WORDS_MAX - 1) >> 1;
  const page = [...c.device.regions.values()].filter((r) => r.vkey >= from).slice(0, perCall);
  return ok(page.length, ...page.flatMap((r) => [r.vkey, r.lkey]));
}

function publish(c: CallContext): Outcome {
  const [key, ...rest] = text(c).split("\n");
  if (!key || key.length > 255) return fail(EINVAL);
  c.events.publish({ vlid: c.device.vlid, sequence: c.call.sequence, key, value: rest.join("\n") });
  return "pending";
}

function lookup(c: CallContext): Outcome {
  const key = text(c);
  if (!key || key.length > 255) return fail(EINVAL);
  c.events.lookup({ vlid: c.device.vlid, sequence: c.call.sequence, key });
  return "pending";
}

function report(c: CallContext): Outcome {
  c.events.report(c.device.vlid, text(c));
  return ok();
}

function log(c: CallContext): Outcome {
  c.events.log(c.device.vlid, text(c));
  return ok();
}

const table = new Map<number, (c: CallContext) => Outcome>([
  [HC_ALLOC_PD, allocPd],
  [HC_DEALLOC_PD, deallocPd],
  [HC_REG_MR, regMr],
  [HC_DEREG_MR, deregMr],
  [HC_CREATE_CQ, createCq],
  [HC_DESTROY_CQ, destroyCq],
  [HC_CREATE_QP, createQp],
  [HC_MODIFY_QP, modifyQp],
  [HC_QUERY_QP, queryQp],
  [HC_DESTROY_QP, destroyQp],
  [HC_RESOLVE_RKEY, resolveRkey],
  [HC_QUERY_LKEYS, queryLkeys],
  [HC_PUBLISH, publish],
  [HC_LOOKUP, lookup],
  [HC_REPORT, report],
  [HC_LOG, log],
]);

/** Execute one hypercall of a guest. A guest's mistake is an errno, never an exception. */
export function execute(c: CallContext): Outcome {
  return table.get(c.call.operation)?.(c) ?? fail(ENOSYS);
}

/** What a look-up's miss is to the program. */
export const missed = { lookup: fail(EAGAIN), key: fail(ENOENT) } as const;
