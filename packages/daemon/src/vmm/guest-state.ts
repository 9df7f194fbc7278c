import { NomadError } from "@nomad/base";
import type { GlobalDeclaration, Manifest } from "@nomad/guest";
import { z } from "zod";

const globalSchema = z.discriminatedUnion("type", [
  z.strictObject({
    name: z.string(),
    type: z.literal("i32"),
    value: z
      .int()
      .min(-(2 ** 31))
      .max(2 ** 31 - 1),
  }),
  z.strictObject({
    name: z.string(),
    type: z.literal("i64"),
    value: z
      .bigint()
      .min(-(2n ** 63n))
      .max(2n ** 63n - 1n),
  }),
  z.strictObject({
    name: z.string(),
    type: z.literal(["f32", "f64"]),
    value: z.union([z.number(), z.nan(), z.literal([Infinity, -Infinity])]),
  }),
]);

/** A mutable global and its value: a number, or a bigint if its type is i64. */
export type GlobalValue = z.infer<typeof globalSchema>;

const guestStateSchema = z.strictObject({
  globals: z.array(globalSchema).max(4096),
  /** The guest's monotonic clock when it stopped, nanoseconds. */
  clockNs: z
    .bigint()
    .min(0n)
    .max(2n ** 62n),
  /** A shutdown was requested. */
  shutdown: z.boolean(),
  /** False: the program had ended; there is nothing to go on with. */
  running: z.boolean(),
});

/** What a stopped guest is besides its memory. Plain data, for msgpack. */
export type GuestState = z.infer<typeof guestStateSchema>;

/**
 * Checks a state that came from another host against the image it is for: every global of the manifest, in its order and
 * of its type. Throws E_MESSAGE.
 */
export function parseGuestState(received: unknown, manifest: Manifest): GuestState {
  const state = guestStateSchema.safeParse(received);
  if (!state.success)
    throw new NomadError("E_MESSAGE", `the guest's state is malformed: ${z.prettifyError(state.error)}`);
  const { globals } = state.data;
  const fits = (declared: GlobalDeclaration, i: number) =>
    globals[i]?.name === declared.name && globals[i]?.type === declared.type;
  if (globals.length !== manifest.globals.length || !manifest.globals.every(fits)) {
    throw new NomadError("E_MESSAGE", `the guest's state does not fit image ${manifest.name}`);
  }
  return state.data;
}
