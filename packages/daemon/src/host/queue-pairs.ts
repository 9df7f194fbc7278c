import { NomadError, type Qpn } from "@nomad/base";
import type { Coordinator } from "@nomad/protocol";
import type { QpOwner } from "../capture/capture-filter.ts";
import type { QueuePairs } from "../faults/ruled-qp.ts";

/** Whose the queue pairs of a host's adapter are. */
export function queuePairsOf({ backend, guests }: Coordinator): QueuePairs {
  return {
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
