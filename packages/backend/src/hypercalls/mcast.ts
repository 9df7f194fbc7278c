import { EINVAL, ENOMEM } from "@nomad/abi";
import { limits, type VQpn } from "@nomad/base";
import type { Group, Qp } from "../device.ts";
import { type CallContext, fail, type Hypercall, ok, word } from "./call.ts";

const same = (a: Group, b: Group): boolean => a.mlid === b.mlid && a.mgid.every((byte, i) => byte === b.mgid[i]);

function membership(c: CallContext): { readonly qp: Qp | undefined; readonly group: Group } {
  return { qp: c.device.qps.get(word(c, 0) as VQpn), group: { mlid: word(c, 1), mgid: c.call.data } };
}

export const attachMcast: Hypercall = (c) => {
  const { qp, group } = membership(c);
  if (!qp) return fail(EINVAL);
  if (qp.groups.length >= limits.groupsPerQpMax) return fail(ENOMEM);
  c.hca.attachMcast(qp.qpn, group.mgid, group.mlid);
  if (!qp.groups.some((known) => same(known, group))) qp.groups = [...qp.groups, group];
  return ok();
};

export const detachMcast: Hypercall = (c) => {
  const { qp, group } = membership(c);
  if (!qp) return fail(EINVAL);
  c.hca.detachMcast(qp.qpn, group.mgid, group.mlid);
  qp.groups = qp.groups.filter((known) => !same(known, group));
  return ok();
};
