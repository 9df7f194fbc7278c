import { EINVAL, ENOMEM, MAILBOX_WORDS_MAX } from "@nomad/abi";
import { limits, type VKey } from "@nomad/base";
import { fail, type Hypercall, inMemory, ok, word } from "./call.ts";

export const regMr: Hypercall = (c) => {
  const [pd, address, length, access] = [word(c, 0), word(c, 1), word(c, 2), word(c, 3)];
  const physical = c.device.pds.get(pd);
  if (physical === undefined || !inMemory(c.device, address, length)) return fail(EINVAL);
  if (c.device.regions.size >= limits.mrsPerGuestMax) return fail(ENOMEM);
  const region = c.hca.registerMemory({ pd: physical, memory: c.device.memory, address, length, access });
  const vkey = (c.device.next.region++ << 8) as VKey;
  c.device.regions.set(vkey, { vkey, pd, address, length, access, lkey: region.lkey, rkey: region.rkey });
  return ok(vkey, region.lkey, region.rkey);
};

export const deregMr: Hypercall = (c) => {
  const vkey = word(c, 0) as VKey;
  const region = c.device.regions.get(vkey);
  if (!region) return fail(EINVAL);
  c.hca.deregisterMemory(region.lkey);
  c.device.regions.delete(vkey);
  return ok();
};

export const queryMr: Hypercall = (c) => {
  const region = c.device.regions.get(word(c, 0) as VKey);
  return region ? ok(region.pd, region.address, region.length, region.access) : fail(EINVAL);
};

/** Pages of the table of own keys, in order of v-key, so that the driver can read it anew after a move. */
export const queryLkeys: Hypercall = (c) => {
  const from = word(c, 0) << 8;
  const perCall = (MAILBOX_WORDS_MAX - 1) >> 1;
  const page = [...c.device.regions.values()].filter((r) => r.vkey >= from).slice(0, perCall);
  return ok(page.length, ...page.flatMap((r) => [r.vkey, r.lkey]));
};
