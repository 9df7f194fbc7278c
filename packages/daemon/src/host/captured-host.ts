import { type Clock, NomadError, type Qpn } from "@nomad/base";
import type { Coordinator } from "@nomad/protocol";
import type { Fabric } from "@nomad/wire";
import type { QpOwner } from "../capture/capture-filter.ts";
import type { CapturedHost } from "../capture/host-captures.ts";

/** A host's port and its guests, as captures see them. */
export function capturedHost(o: {
  readonly coordinator: Coordinator;
  readonly fabric: Fabric;
  readonly clock: Clock;
  readonly originMs: number;
  readonly send: CapturedHost["send"];
}): CapturedHost {
  const { coordinator, fabric, clock } = o;
  const { backend, guests } = coordinator;
  // Two sums, for nanoseconds since 1970 are more than a double can count.
  const originNs = BigInt(Math.round(o.originMs * 1000)) * 1000n;
  return {
    lid: backend.lid,
    now: () => clock.now(),
    timeNs: () => originNs + BigInt(Math.round(clock.now() * 1e6)),
    send: o.send,
    tap: (tap) => {
      fabric.tap = tap;
    },
    owner(qpn: Qpn): QpOwner | undefined {
      const found = backend.owner(qpn);
      if (!found) return undefined;
      const { vlid } = found.device;
      const { vqpn, remote } = found.qp;
      return { vlid, vqpn, remote, name: guests.running.get(vlid)?.name };
    },
    connectedTo(qpn: Qpn): Qpn | null {
      try {
        return backend.hca.queryQp(qpn).destQpn;
      } catch (error) {
        if (error instanceof NomadError) return null;
        throw error;
      }
    },
  };
}
