import { type Hypercall, ok, text } from "./call.ts";

// What a program says of itself.

export const report: Hypercall = (c) => {
  c.events.report(c.device.vlid, text(c));
  return ok();
};

export const log: Hypercall = (c) => {
  c.events.log(c.device.vlid, text(c));
  return ok();
};
