import { EINVAL, ENOMEM, MW_TYPE_1, MW_TYPE_2 } from "@nomad/abi";
import { limits, type VKey } from "@nomad/base";
import { freeWindow } from "../windows.ts";
import { fail, type Hypercall, ok, word } from "./call.ts";

export const allocMw: Hypercall = (c) => {
  const { device, hca } = c;
  const [pd, type] = [word(c, 0), word(c, 1)];
  const physical = device.pds.get(pd);
  if (physical === undefined || (type !== MW_TYPE_1 && type !== MW_TYPE_2)) return fail(EINVAL);
  if (device.windows.size >= limits.mwsPerGuestMax) return fail(ENOMEM);
  const { rkey } = hca.allocMw(physical, type);
  const vkey = (device.next.region++ << 8) as VKey;
  device.windows.add(vkey, rkey, { pd, type });
  return ok(vkey);
};

export const queryMw: Hypercall = (c) => {
  const window = c.device.windows.find(word(c, 0) as VKey);
  const now = window && c.hca.findMw(window.base);
  const vkey = now && c.device.windows.vkeyOf(now.rkey);
  return !vkey || !now ? fail(EINVAL) : ok(vkey, now.type, now.length, now.address, now.access);
};

export const deallocMw: Hypercall = (c) => {
  const window = c.device.windows.find(word(c, 0) as VKey);
  if (!window) return fail(EINVAL);
  freeWindow(c.hca, c.device, window);
  return ok();
};
