import {
  EAGAIN,
  ENOENT,
  ENOSYS,
  HC_ALLOC_PD,
  HC_ATTACH_MCAST,
  HC_CREATE_AH,
  HC_CREATE_CQ,
  HC_CREATE_QP,
  HC_DEALLOC_PD,
  HC_DEREG_MR,
  HC_DESTROY_AH,
  HC_DESTROY_CQ,
  HC_DESTROY_QP,
  HC_DETACH_MCAST,
  HC_LOG,
  HC_LOOKUP,
  HC_MODIFY_QP,
  HC_PUBLISH,
  HC_QUERY_AH,
  HC_QUERY_LKEYS,
  HC_QUERY_QP,
  HC_REG_MR,
  HC_REPORT,
  HC_RESOLVE_RKEY,
} from "@nomad/abi";
import { createAh, destroyAh, queryAh } from "./ah.ts";
import { type CallContext, fail, type Hypercall, type Outcome } from "./call.ts";
import { createCq, destroyCq } from "./cq.ts";
import { attachMcast, detachMcast } from "./mcast.ts";
import { deregMr, queryLkeys, regMr } from "./mr.ts";
import { lookup, publish, resolveRkey } from "./names.ts";
import { allocPd, deallocPd } from "./pd.ts";
import { createQp, destroyQp, modifyQp, queryQp } from "./qp.ts";
import { log, report } from "./speech.ts";

export type { Outcome } from "./call.ts";

const table = new Map<number, Hypercall>([
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
  [HC_CREATE_AH, createAh],
  [HC_QUERY_AH, queryAh],
  [HC_DESTROY_AH, destroyAh],
  [HC_ATTACH_MCAST, attachMcast],
  [HC_DETACH_MCAST, detachMcast],
  [HC_REPORT, report],
  [HC_LOG, log],
]);

/** Execute one hypercall of a guest. A guest's mistake is an errno, never an exception. */
export function execute(c: CallContext): Outcome {
  return table.get(c.call.operation)?.(c) ?? fail(ENOSYS);
}

/** What a look-up's miss is to the program. */
export const missed = { lookup: fail(EAGAIN), key: fail(ENOENT) } as const;
