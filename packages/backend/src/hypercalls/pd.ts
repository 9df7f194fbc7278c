import { EINVAL, ENOMEM } from "@nomad/abi";
import { limits } from "@nomad/base";
import { fail, type Hypercall, ok, word } from "./call.ts";

export const allocPd: Hypercall = (c) => {
  if (c.device.pds.size >= limits.pdsPerGuestMax) return fail(ENOMEM);
  const pd = c.device.next.pd++;
  c.device.pds.set(pd, c.hca.allocPd());
  return ok(pd);
};

export const deallocPd: Hypercall = (c) => {
  const pd = word(c, 0);
  const physical = c.device.pds.get(pd);
  if (physical === undefined) return fail(EINVAL);
  c.hca.deallocPd(physical);
  c.device.pds.delete(pd);
  return ok();
};
