import { faultKinds, ruledTraffic } from "@nomad/base";
import * as z from "zod";
import { name } from "./schema.ts";

/** How long the slowest delay is, ms. */
const delayMsMax = 600_000;

/** A fault to add. What is left out is anything; `ms` is for delay, duplicate and reorder. */
export const faultRequest = z.strictObject({
  kind: z.enum(faultKinds).exclude(["pass"]),
  /** Left out: a cut is of everything, other faults are of packets. */
  on: z.array(z.enum(ruledTraffic)).min(1).optional(),
  /** Ends of the link, in the direction of travel: hosts, or `central`. */
  from: name.optional(),
  to: name.optional(),
  bothWays: z.boolean().default(false),
  /** Only control messages of this kind. */
  message: z
    .string()
    .regex(/^[A-Z_]+$/, "a message's kind is in capitals")
    .max(63)
    .optional(),
  /** Only packets to and from this guest, wherever it runs. */
  guest: name.optional(),
  /** A queue pair: of the guest as its program sees it, else as it stands in packets. */
  qp: z.int().min(0).max(0xff_ffff).optional(),
  /** Only packets with one of these opcodes. */
  opcodes: z.array(z.int().min(0).max(255)).min(1).optional(),
  chance: z.number().positive().max(1).default(1),
  /** So many are hit at each end at most. */
  times: z.int().min(1).optional(),
  /** It ends by itself after so long. */
  seconds: z.number().positive().max(86_400).optional(),
  ms: z.number().nonnegative().max(delayMsMax).default(10),
  seed: z.int().min(0).max(0xffff_ffff).optional(),
});
export type FaultRequest = z.input<typeof faultRequest>;

/** A fault that stands: as it was asked for, with what was chosen for it and what it has done. */
export const faultRecord = faultRequest.extend({
  id: z.string(),
  on: z.array(z.enum(ruledTraffic)),
  seed: z.int(),
  /** At all ends together. */
  hits: z.int().nonnegative(),
  secondsLeft: z.number().nonnegative().nullable(),
});
export type FaultRecord = z.infer<typeof faultRecord>;
