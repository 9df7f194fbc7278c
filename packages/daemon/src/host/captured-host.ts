import type { Clock } from "@nomad/base";
import type { Coordinator } from "@nomad/protocol";
import type { Fabric } from "@nomad/wire";
import type { CapturedHost } from "../capture/host-captures.ts";
import { queuePairsOf } from "./queue-pairs.ts";

/** A host's port and its guests, as captures see them. */
export function capturedHost(o: {
  readonly coordinator: Coordinator;
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly originMs: number;
  readonly send: CapturedHost["send"];
}): CapturedHost {
  const { coordinator, fabric, clock } = o;
  // Two sums, for nanoseconds since 1970 are more than a double can count.
  const originNs = BigInt(Math.round(o.originMs * 1000)) * 1000n;
  return {
    lid: coordinator.backend.lid,
    now: () => clock.now(),
    timeNs: (ms) => originNs + BigInt(Math.round(ms * 1e6)),
    send: o.send,
    tap: (tap) => {
      fabric.tap = tap;
    },
    ...queuePairsOf(coordinator),
  };
}
