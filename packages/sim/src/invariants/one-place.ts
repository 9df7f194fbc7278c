import type { VLid } from "@nomad/base";
import type { BulkAction, Message, VmmAction } from "@nomad/protocol";
import { atRest } from "../digest.ts";
import type { HostProcess } from "../host-process.ts";
import type { Observer } from "../observer.ts";
import { BeyondModel, must, Violation } from "../violation.ts";

interface Stopped {
  readonly at: HostProcess;
  /** Of its memory, and where its send queues have their records; null while the adapter may still touch it. */
  rest: { readonly digest: string; readonly records: readonly number[] } | null;
}

/**
 * Invariant 4: a guest's program runs in one place at a time, and goes on with the memory it was stopped with. Machines
 * say when a program runs; memory is looked at when the adapter has let go of it, and when the guest is to run again.
 */
export class OnePlace implements Observer {
  readonly #hosts: () => Iterable<HostProcess>;
  /** Where a guest runs, or ran last. */
  readonly place = new Map<VLid, HostProcess>();
  readonly #running = new Map<VLid, HostProcess>();
  /** A stop takes a moment: until it is done the guest may take another step where it was. */
  readonly #stopping = new Map<VLid, HostProcess>();
  readonly #stopped = new Map<VLid, Stopped>();

  constructor(hosts: () => Iterable<HostProcess>) {
    this.#hosts = hosts;
  }

  vmm(at: HostProcess, vlid: VLid, action: VmmAction): void {
    switch (action.do) {
      case "boot":
        return this.#runs(at, vlid);
      case "resume":
        this.#goesBack(at, vlid);
        return this.#goesOn(at, vlid);
      case "run":
        return this.#goesOn(at, vlid);
      case "stop":
        this.#stopping.set(vlid, at);
        this.#running.delete(vlid);
        return void this.#stopped.set(vlid, { at, rest: null });
      case "destroy":
        if (this.#running.get(vlid) === at) this.#running.delete(vlid);
        return;
    }
  }

  /** It ran elsewhere meanwhile, at a host that has died: nobody alive may have noticed. */
  #goesBack(at: HostProcess, vlid: VLid): void {
    const dead = this.place.get(vlid);
    if (!dead || dead === at) return;
    for (const host of this.#hosts()) {
      const noticed = host.process.alive && host.joined && isAimedAt(host, vlid, dead);
      must(4, !noticed, () => `guest ${vlid} goes back to ${at.name}; ${host.name} knows that it ran at ${dead.name}`);
    }
    throw new BeyondModel(`guest ${vlid} goes back to ${at.name}, and forgets what it did at ${dead.name}`);
  }

  #goesOn(at: HostProcess, vlid: VLid): void {
    must(4, !this.#stopped.has(vlid), () => `guest ${vlid} runs at ${at.name} before anybody said that it should`);
    this.#runs(at, vlid);
  }

  #runs(at: HostProcess, vlid: VLid): void {
    const other = this.#running.get(vlid);
    if (other && other !== at && other.process.alive)
      throw new Violation(4, `guest ${vlid} is to run at ${at.name} while it runs at ${other.name}`);
    this.#running.set(vlid, at);
    this.place.set(vlid, at);
  }

  step(at: HostProcess, vlid: VLid): void {
    const running = this.#running.get(vlid) ?? this.#stopping.get(vlid);
    must(4, running === at, () => `guest ${vlid} runs at ${at.name}, and should at ${running?.name ?? "no host"}`);
  }

  /** The final round: the adapter has let go of the guest's memory, which is what the guest must find again. */
  bulk(at: HostProcess, _move: string, action: BulkAction): void {
    if (action.do !== "round" || !action.final) return;
    const { devices } = at.core.coordinator.backend;
    for (const [vlid, stopped] of this.#stopped) {
      const device = devices.get(vlid);
      if (stopped.at !== at || !device?.detached || stopped.rest !== null) continue;
      const records = [...device.qps.values()].map(({ sq }) => sq.record);
      stopped.rest = { digest: atRest(device.memory, records), records };
    }
  }

  /** It is about to run again: nothing has touched its memory so far. */
  receives(at: HostProcess, message: Message): void {
    const goesOn = message.kind === "RUN" || (message.kind === "ABORT" && message.role === "source");
    const stopped = goesOn ? this.#stopped.get(message.vlid) : undefined;
    if (!goesOn || !stopped || !at.machines.has(message.vlid)) return;
    this.#stopped.delete(message.vlid);
    if (stopped.rest === null) return;
    const { digest, records } = stopped.rest;
    const now = atRest(at.machines.guest(message.vlid).memory, records);
    must(4, now === digest, () => `guest ${message.vlid} goes on at ${at.name} with other memory than it had`);
  }
}

/** Has a queue pair at this host learned that the guest is at that place? */
function isAimedAt(host: HostProcess, vlid: VLid, place: HostProcess): boolean {
  const { backend } = host.core.coordinator;
  const qps = [...backend.devices.values()].flatMap((device) => [...device.qps.values()]);
  return qps.some((qp) => qp.remote?.vlid === vlid && backend.hca.queryQp(qp.qpn).dlid === place.lid);
}
