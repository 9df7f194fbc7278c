import { EINVAL, ENOMEM, SRQ_LIMIT, SRQ_MAX_WR } from "@nomad/abi";
import { limits } from "@nomad/base";
import { withdrawEvents } from "../async-events.ts";
import { fail, type Hypercall, ok, word } from "./call.ts";

export const createSrq: Hypercall = (c) => {
  const { device, hca } = c;
  const pd = word(c, 0);
  const location = { record: word(c, 1), ring: word(c, 2), entries: word(c, 3), maxSge: word(c, 4) };
  const physical = device.pds.get(pd);
  if (physical === undefined) return fail(EINVAL);
  if (device.srqs.size >= limits.srqsPerGuestMax) return fail(ENOMEM);
  const srqn = hca.createSrq({ pd: physical, memory: device.memory, ...location });
  const srq = device.next.srq++;
  device.srqs.set(srq, { srq, pd, location, srqn });
  return ok(srq);
};

export const modifySrq: Hypercall = (c) => {
  const srq = c.device.srqs.get(word(c, 0));
  const mask = word(c, 1);
  if (!srq) return fail(EINVAL);
  const location = { record: word(c, 3), ring: word(c, 4), entries: word(c, 5) };
  c.hca.modifySrq(srq.srqn, {
    ...((mask & SRQ_LIMIT) !== 0 && { limit: word(c, 2) }),
    ...((mask & SRQ_MAX_WR) !== 0 && { location }),
  });
  if ((mask & SRQ_MAX_WR) !== 0) srq.location = { ...location, maxSge: srq.location.maxSge };
  return ok();
};

export const querySrq: Hypercall = (c) => {
  const srq = c.device.srqs.get(word(c, 0));
  if (!srq) return fail(EINVAL);
  const { limit, posted, entries, maxSge } = c.hca.querySrq(srq.srqn);
  return ok(limit, posted, entries, maxSge);
};

export const destroySrq: Hypercall = (c) => {
  const srq = c.device.srqs.get(word(c, 0));
  if (!srq) return fail(EINVAL);
  c.hca.destroySrq(srq.srqn);
  c.device.srqs.delete(srq.srq);
  withdrawEvents(c.device, "srq", srq.srq);
  return ok();
};
