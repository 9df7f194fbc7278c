import { type LKey, NomadError, type Qpn, type VLid } from "@nomad/base";
import type { DeviceMemory } from "@nomad/hca";
import type { BulkAction, VmmAction } from "@nomad/protocol";
import { atRest } from "../digest.ts";
import type { HostProcess } from "../host-process.ts";
import type { Observer } from "../observer.ts";
import { must } from "../violation.ts";

interface OldPlace {
  readonly at: HostProcess;
  readonly vlid: VLid;
  readonly qpns: readonly Qpn[];
  readonly keys: readonly LKey[];
  readonly memory: DeviceMemory;
  /** Where its send queues have their records. */
  readonly records: readonly number[];
  readonly digest: string;
}

/**
 * Invariant 6: once a guest has been stopped at a host, its memory there is no longer touched; once it has left, its
 * old queue pair numbers and keys name nothing there. The guest's machine is destroyed when it leaves.
 */
export class OldNames implements Observer {
  readonly #stopped = new Map<VLid, OldPlace>();
  /** Where guests were told to stop. */
  readonly #stopping = new Map<VLid, HostProcess>();
  readonly #left: OldPlace[] = [];

  bulk(at: HostProcess, _move: string, action: BulkAction): void {
    if (action.do !== "round" || !action.final) return;
    for (const device of at.core.coordinator.backend.devices.values()) {
      if (!device.detached || this.#stopping.get(device.vlid) !== at) continue;
      const { memory } = device;
      const records = [...device.qps.values()].map(({ sq }) => sq.record);
      this.#stopped.set(device.vlid, {
        at,
        vlid: device.vlid,
        qpns: [...device.qps.values()].map(({ qpn }) => qpn),
        keys: [...device.regions.values()].map(({ lkey }) => lkey),
        memory,
        records,
        digest: atRest(memory, records),
      });
    }
  }

  vmm(at: HostProcess, vlid: VLid, action: VmmAction): void {
    if (action.do === "stop") this.#stopping.set(vlid, at);
    if (action.do === "resume") this.#stopped.delete(vlid);
    const old = this.#stopped.get(vlid);
    if (action.do !== "destroy" || old?.at !== at) return;
    this.#stopped.delete(vlid);
    this.#left.push(old);
    this.#check(old);
  }

  /** Once more, for all places that guests have left. */
  checkAll(): void {
    for (const old of this.#left) if (old.at.process.alive) this.#check(old);
  }

  #check({ at, vlid, qpns, keys, memory, records, digest }: OldPlace): void {
    const { backend } = at.core.coordinator;
    const where = `guest ${vlid} has left ${at.name}`;
    must(6, atRest(memory, records) === digest, () => `${where}: its memory there has changed since it was stopped`);
    for (const qpn of qpns) {
      const owner = backend.owner(qpn);
      must(6, !owner && refuses(() => backend.hca.queryQp(qpn)), () => `${where}: queue pair ${qpn} is still there`);
    }
    const inUse = new Set([...backend.devices.values()].flatMap((d) => [...d.regions.values()].map((r) => r.lkey)));
    for (const key of keys) {
      if (inUse.has(key)) continue;
      must(
        6,
        refuses(() => backend.hca.deregisterMemory(key)),
        () => `${where}: key ${key} still opens memory`,
      );
    }
  }
}

function refuses(attempt: () => unknown): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof NomadError) return true;
    throw error;
  }
}
