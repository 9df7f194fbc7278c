import { NomadError } from "@nomad/base";
import { makeAh } from "../address-handles.ts";
import type { Backend } from "../backend.ts";
import type { Device, DeviceSnapshot } from "../device.ts";
import { freeWindow, recordWindows } from "../windows.ts";

// What a guest has besides queue pairs: written down at its source, made again at its destination, freed.

export function recordObjects(
  { hca }: Backend,
  device: Device,
): Omit<DeviceSnapshot, "vlid" | "qps" | "inbound" | "next" | "last"> {
  return {
    pds: [...device.pds.keys()],
    cqs: [...device.cqs.values()].map(({ cqn: _, ...record }) => record),
    srqs: [...device.srqs.values()].map(({ srqn, ...record }) => ({ ...record, limit: hca.querySrq(srqn).limit })),
    regions: [...device.regions.values()].map(({ lkey: _, rkey: __, ...record }) => record),
    windows: recordWindows(hca, device),
    ahs: [...device.ahs.values()].map(({ handle: _, remoteEpoch: __, ...record }) => record),
    asyncEvents: device.asyncEvents,
  };
}

/** Domains, regions, completion queues and shared receive queues: they can be made before the guest's memory is there. */
export function makeObjects({ hca }: Backend, device: Device, snapshot: DeviceSnapshot): void {
  const { memory } = device;
  for (const pd of snapshot.pds) device.pds.set(pd, hca.allocPd());
  for (const record of snapshot.cqs) {
    device.cqs.set(record.cq, { ...record, cqn: hca.createCq({ memory, location: record.location }) });
  }
  for (const record of snapshot.regions) {
    const { address, length, access } = record;
    const { lkey, rkey } = hca.registerMemory({ pd: pdOf(device, record.pd), memory, address, length, access });
    device.regions.set(record.vkey, { ...record, lkey, rkey });
  }
  for (const { limit: _, ...record } of snapshot.srqs) {
    const srqn = hca.createSrq({ pd: pdOf(device, record.pd), memory, ...record.location });
    device.srqs.set(record.srq, { ...record, srqn });
  }
}

/** What else queue pairs need, once the memory is there. */
export function bindObjects({ hca, channels }: Backend, device: Device, snapshot: DeviceSnapshot): void {
  const { memory } = device;
  device.asyncEvents = [...snapshot.asyncEvents];
  for (const { cqn, channel } of device.cqs.values()) {
    hca.reloadCq(cqn);
    channels.join(cqn, memory, channel);
  }
  for (const { srq, limit } of snapshot.srqs) {
    const { srqn } = known(device.srqs.get(srq), "shared receive queue");
    hca.reloadSrq(srqn);
    if (limit > 0) hca.modifySrq(srqn, { limit });
  }
  for (const record of snapshot.ahs) makeAh(hca, device, pdOf(device, record.pd), record);
}

/** Windows are bound by queue pairs, and so come after them. */
export function bindWindows({ hca }: Backend, device: Device, snapshot: DeviceSnapshot): void {
  for (const { vkey, pd, type, bound } of snapshot.windows) {
    const { rkey } = hca.restoreMw({
      pd: pdOf(device, pd),
      type,
      lkey: bound && known(device.regions.get(bound.region), "memory region").lkey,
      address: bound?.address ?? 0,
      length: bound?.length ?? 0,
      access: bound?.access ?? 0,
      qpn: bound?.vqpn ? known(device.qps.get(bound.vqpn), "queue pair").qpn : null,
    });
    device.windows.add(vkey, rkey, { pd, type });
  }
}

/** Frees what no key leads to. Queue pairs are gone already. */
export function releaseObjects({ hca, channels }: Backend, device: Device): void {
  for (const srq of device.srqs.values()) hca.destroySrq(srq.srqn);
  for (const cq of device.cqs.values()) {
    hca.destroyCq(cq.cqn);
    channels.leave(cq.cqn);
  }
  for (const ah of device.ahs.values()) hca.destroyAh(ah.handle);
}

/** Old keys give access to nothing from here on. */
export function releaseKeys({ hca }: Backend, device: Device): void {
  for (const window of [...device.windows]) freeWindow(hca, device, window);
  for (const region of device.regions.values()) hca.deregisterMemory(region.lkey);
  for (const pd of device.pds.values()) hca.deallocPd(pd);
}

const pdOf = (device: Device, pd: number): number => known(device.pds.get(pd), "protection domain");

export function known<T>(value: T | null | undefined, what: string): T {
  if (value === undefined || value === null)
    throw new NomadError("E_MESSAGE", `the device's state names a ${what} that it does not have`);
  return value;
}
