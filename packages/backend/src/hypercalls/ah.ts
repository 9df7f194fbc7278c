import { AH_RECORD_BYTES, EINVAL, ENOMEM } from "@nomad/abi";
import { limits } from "@nomad/base";
import { GLOBAL_ID_BYTES } from "@nomad/iba";
import { makeAh } from "../address-handles.ts";
import { fail, type Hypercall, inMemory, ok, word } from "./call.ts";

export const createAh: Hypercall = (c) => {
  const [pd, record, dlid, sl, isGlobal] = [word(c, 0), word(c, 1), word(c, 2), word(c, 3), word(c, 4)];
  const physical = c.device.pds.get(pd);
  const placed = record % AH_RECORD_BYTES === 0 && inMemory(c.device, record, AH_RECORD_BYTES);
  if (physical === undefined || !placed) return fail(EINVAL);
  if (isGlobal !== 0 && c.call.data.length !== GLOBAL_ID_BYTES) return fail(EINVAL);
  if (c.device.ahs.size >= limits.ahsPerGuestMax) return fail(ENOMEM);
  const ah = c.device.next.ah++;
  makeAh(c.hca, c.device, physical, { ah, pd, record, dlid, sl, dgid: isGlobal === 0 ? null : c.call.data });
  return ok(ah);
};

export const queryAh: Hypercall = (c) => {
  const ah = c.device.ahs.get(word(c, 0));
  return ah ? ok(ah.pd, ah.dlid, ah.sl) : fail(EINVAL);
};

export const destroyAh: Hypercall = (c) => {
  const ah = c.device.ahs.get(word(c, 0));
  if (!ah) return fail(EINVAL);
  c.hca.destroyAh(ah.handle);
  c.device.ahs.delete(ah.ah);
  return ok();
};
