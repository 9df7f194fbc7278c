import { EINVAL, ENOMEM } from "@nomad/abi";
import { limits } from "@nomad/base";
import { withdrawEvents } from "../async-events.ts";
import { fail, type Hypercall, inMemory, ok, word } from "./call.ts";

export const createCq: Hypercall = (c) => {
  const { device, hca } = c;
  const location = { record: word(c, 0), ring: word(c, 1), entries: word(c, 2) };
  const channel = word(c, 3);
  if (channel % 4 !== 0 || !inMemory(device, channel, 4)) return fail(EINVAL);
  if (device.cqs.size >= limits.cqsPerGuestMax) return fail(ENOMEM);
  const cqn = hca.createCq({ memory: device.memory, location });
  const cq = device.next.cq++;
  device.cqs.set(cq, { cq, location, channel, cqn });
  c.channels.join(cqn, device.memory, channel);
  return ok(cq);
};

export const resizeCq: Hypercall = (c) => {
  const cq = c.device.cqs.get(word(c, 0));
  if (!cq) return fail(EINVAL);
  const location = { record: word(c, 1), ring: word(c, 2), entries: word(c, 3) };
  c.hca.resizeCq(cq.cqn, location);
  cq.location = location;
  return ok();
};

export const queryCq: Hypercall = (c) => {
  const cq = c.device.cqs.get(word(c, 0));
  if (!cq) return fail(EINVAL);
  const { entries, overrun } = c.hca.queryCq(cq.cqn);
  return ok(entries, overrun ? 1 : 0);
};

export const destroyCq: Hypercall = (c) => {
  const cq = c.device.cqs.get(word(c, 0));
  if (!cq) return fail(EINVAL);
  c.hca.destroyCq(cq.cqn);
  c.channels.leave(cq.cqn);
  c.device.cqs.delete(cq.cq);
  withdrawEvents(c.device, "cq", cq.cq);
  return ok();
};
