import { EINVAL } from "@nomad/abi";
import type { VKey, VLid } from "@nomad/base";
import { fail, type Hypercall, text, word } from "./call.ts";

export const resolveRkey: Hypercall = (c) => {
  c.events.resolve({
    vlid: c.device.vlid,
    owner: word(c, 0) as VLid,
    vkey: word(c, 1) as VKey,
    wanted: { kind: "call", sequence: c.call.sequence },
  });
  return "pending";
};

export const publish: Hypercall = (c) => {
  const [key, ...rest] = text(c).split("\n");
  if (!key || key.length > 255) return fail(EINVAL);
  c.events.publish({ vlid: c.device.vlid, sequence: c.call.sequence, key, value: rest.join("\n") });
  return "pending";
};

export const lookup: Hypercall = (c) => {
  const key = text(c);
  if (!key || key.length > 255) return fail(EINVAL);
  c.events.lookup({ vlid: c.device.vlid, sequence: c.call.sequence, key });
  return "pending";
};
