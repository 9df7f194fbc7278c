import { EINVAL, ENOMEM } from "@nomad/abi";
import { limits } from "@nomad/base";
import { fail, type Hypercall, inMemory, ok, word } from "./call.ts";

export const createCq: Hypercall = (c) => {
  const location = { record: word(c, 0), ring: word(c, 1), entries: word(c, 2) };
  if (location.entries > limits.ringEntriesMax || !inMemory(c.device, location.ring, location.entries * 64))
    return fail(EINVAL);
  if (c.device.cqs.size >= limits.cqsPerGuestMax) return fail(ENOMEM);
  const cqn = c.hca.createCq({ memory: c.device.memory, location });
  const cq = c.device.next.cq++;
  c.device.cqs.set(cq, { cq, location, cqn });
  return ok(cq);
};

export const destroyCq: Hypercall = (c) => {
  const cq = c.device.cqs.get(word(c, 0));
  if (!cq) return fail(EINVAL);
  c.hca.destroyCq(cq.cqn);
  c.device.cqs.delete(cq.cq);
  return ok();
};
