import type { VLid } from "@nomad/base";
import type { VmmAction } from "@nomad/protocol";
import type { HostProcess } from "../host-process.ts";
import type { Observer } from "../observer.ts";
import { must } from "../violation.ts";

/**
 * Invariant 5: what stood behind a guest's handles when it was stopped stands behind them when it runs again; and
 * (invariant 8) after an abort its queue pairs are in the states they were in.
 */
export class Handles implements Observer {
  readonly #before = new Map<VLid, { readonly at: HostProcess; readonly handles: readonly string[] }>();

  vmm(at: HostProcess, vlid: VLid, action: VmmAction): void {
    if (action.do === "stop") this.#before.set(vlid, { at, handles: handlesOf(at, vlid) });
    if (action.do !== "run" && action.do !== "resume") return;
    const before = this.#before.get(vlid);
    this.#before.delete(vlid);
    if (!before) return;
    const now = new Set(handlesOf(at, vlid));
    const lost = before.handles.find((handle) => !now.has(handle));
    must(action.do === "run" ? 5 : 8, lost === undefined, () => `guest ${vlid} at ${at.name} has lost ${lost}`);
  }
}

/** Every handle with its meaning, in words that do not depend on the place. */
function handlesOf(at: HostProcess, vlid: VLid): string[] {
  const { pds, cqs, regions, qps } = at.core.coordinator.backend.device(vlid);
  const words = [...pds.keys()].map((pd) => `protection domain ${pd}`);
  for (const { cq, location } of cqs.values()) words.push(`completion queue ${cq} at ${location.ring}`);
  for (const { vkey, pd, address, length, access } of regions.values())
    words.push(`key ${vkey} of domain ${pd} for ${length} bytes at ${address}, access ${access}`);
  for (const { vqpn, pd, sendCq, recvCq, remote } of qps.values())
    words.push(
      `queue pair ${vqpn} of domain ${pd}, queues ${sendCq} and ${recvCq}, to ${remote?.vlid}:${remote?.vqpn}`,
    );
  return words;
}
