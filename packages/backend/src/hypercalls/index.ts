import {
  EAGAIN,
  ENOENT,
  ENOSYS,
  HC_ALLOC_MW,
  HC_ALLOC_PD,
  HC_ATTACH_MCAST,
  HC_CREATE_AH,
  HC_CREATE_CQ,
  HC_CREATE_QP,
  HC_CREATE_SRQ,
  HC_DEALLOC_MW,
  HC_DEALLOC_PD,
  HC_DEREG_MR,
  HC_DESTROY_AH,
  HC_DESTROY_CQ,
  HC_DESTROY_QP,
  HC_DESTROY_SRQ,
  HC_DETACH_MCAST,
  HC_GET_ASYNC_EVENT,
  HC_LOG,
  HC_LOOKUP,
  HC_MODIFY_QP,
  HC_MODIFY_SRQ,
  HC_PUBLISH,
  HC_QUERY_AH,
  HC_QUERY_CQ,
  HC_QUERY_LKEYS,
  HC_QUERY_MR,
  HC_QUERY_MW,
  HC_QUERY_QP,
  HC_QUERY_SRQ,
  HC_REG_MR,
  HC_REPORT,
  HC_RESIZE_CQ,
  HC_RESOLVE_RKEY,
} from "@nomad/abi";
import { createAh, destroyAh, queryAh } from "./ah.ts";
import { getAsyncEvent } from "./async-event.ts";
import { type CallContext, fail, type Hypercall, type Outcome } from "./call.ts";
import { createCq, destroyCq, queryCq, resizeCq } from "./cq.ts";
import { attachMcast, detachMcast } from "./mcast.ts";
import { deregMr, queryLkeys, queryMr, regMr } from "./mr.ts";
import { allocMw, deallocMw, queryMw } from "./mw.ts";
import { lookup, publish, resolveRkey } from "./names.ts";
import { allocPd, deallocPd } from "./pd.ts";
import { createQp, destroyQp, modifyQp, queryQp } from "./qp.ts";
import { log, report } from "./speech.ts";
import { createSrq, destroySrq, modifySrq, querySrq } from "./srq.ts";

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
  [HC_CREATE_SRQ, createSrq],
  [HC_MODIFY_SRQ, modifySrq],
  [HC_QUERY_SRQ, querySrq],
  [HC_DESTROY_SRQ, destroySrq],
  [HC_ALLOC_MW, allocMw],
  [HC_QUERY_MW, queryMw],
  [HC_DEALLOC_MW, deallocMw],
  [HC_RESIZE_CQ, resizeCq],
  [HC_QUERY_CQ, queryCq],
  [HC_QUERY_MR, queryMr],
  [HC_GET_ASYNC_EVENT, getAsyncEvent],
  [HC_REPORT, report],
  [HC_LOG, log],
]);

/** Execute one hypercall of a guest. A guest's mistake is an errno, never an exception. */
export function execute(c: CallContext): Outcome {
  return table.get(c.call.operation)?.(c) ?? fail(ENOSYS);
}

/** What a look-up's miss is to the program. */
export const missed = { lookup: fail(EAGAIN), key: fail(ENOENT) } as const;
