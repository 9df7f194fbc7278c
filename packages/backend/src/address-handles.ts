import {
  AH_HANDLE,
  AH_LOCAL_EPOCH,
  AH_QPN,
  AH_REMOTE_EPOCH,
  AH_V_QPN,
  AH_VERSION,
  SEND_WQE_AH,
  SEND_WQE_REMOTE_EPOCH,
  SEND_WQE_REMOTE_QPN,
  SEND_WQE_V_AH,
  SEND_WQE_V_REMOTE_QPN,
} from "@nomad/abi";
import type { Lid, Qpn, VLid, VQpn } from "@nomad/base";
import type { Hca } from "@nomad/hca";
import { isMulticastLid } from "@nomad/iba";
import type { Device, QpAddress, RemoteName } from "./device.ts";

/** A guest's address handle: its target by a name that does not change. */
export interface AhRecord {
  readonly ah: number;
  readonly pd: number;
  /** The handle's record in guest memory (AH_*). */
  readonly record: number;
  /** The target's vLID, or a group's multicast LID. */
  readonly dlid: number;
  readonly sl: number;
  /** The target's GID, for a global route. */
  readonly dgid: Uint8Array | null;
}

export interface Ah extends AhRecord {
  readonly handle: number;
  /** The target's epoch under which its place was last looked up; `notFound` before that. */
  remoteEpoch: number;
}

/** No guest has so high an epoch, and no work request says so: whatever goes there is looked up first. */
const notFound = 0xffff_ffff;

/** Makes the adapter's handle. Where a guest is, is looked up when something is first sent there. */
export function makeAh(hca: Hca, device: Device, pd: number, given: AhRecord): Ah {
  const { dlid, sl, dgid } = given;
  const group = isMulticastLid(dlid);
  const remoteEpoch = group ? 0 : notFound;
  const route = dgid === null ? {} : { isGlobal: true, dgid };
  const handle = hca.createAh({ pd, dlid: (group ? dlid : hca.queryPort().lid) as Lid, sl, remoteEpoch, ...route });
  const ah = { ...given, handle, remoteEpoch };
  device.ahs.set(ah.ah, ah);
  writeRecord(device, ah, 0 as VQpn, 0 as Qpn);
  return ah;
}

/** The names that a datagram needs: `unknown` is the queue pair whose place must be looked up first. */
export function addressDatagram(device: Device, wqe: number): { readonly unknown: RemoteName | null } {
  const { view } = device.memory;
  const ah = device.ahs.get(view.getUint32(wqe + SEND_WQE_V_AH, true));
  view.setUint32(wqe + SEND_WQE_AH, ah?.handle ?? 0, true);
  if (ah === undefined) return { unknown: null };
  const remote = { vlid: ah.dlid as VLid, vqpn: view.getUint32(wqe + SEND_WQE_V_REMOTE_QPN, true) as VQpn };
  const name = isMulticastLid(ah.dlid) ? { qpn: 0 as Qpn, epoch: 0 } : device.remoteQps.get(keyOf(remote));
  const known = name?.epoch === ah.remoteEpoch;
  view.setUint32(wqe + SEND_WQE_REMOTE_EPOCH, known ? ah.remoteEpoch : 0, true);
  if (!known) return { unknown: remote };
  view.setUint32(wqe + SEND_WQE_REMOTE_QPN, name.qpn, true);
  writeRecord(device, ah, remote.vqpn, name.qpn);
  return { unknown: null };
}

/** So many queue pairs of other guests are remembered for each guest. */
const remoteQpsMax = 65_536;

/** A queue pair that this guest sends to has been looked up. What is older than is known counts no more. */
export function learnAddress(hca: Hca, device: Device, remote: RemoteName, { dlid, qpn, epoch }: QpAddress): void {
  const stale = aimedAt(device, remote.vlid).some((ah) => ah.remoteEpoch !== notFound && ah.remoteEpoch > epoch);
  if (stale) return;
  if (device.remoteQps.size >= remoteQpsMax) device.remoteQps.clear();
  device.remoteQps.set(keyOf(remote), { qpn, epoch });
  for (const ah of aimedAt(device, remote.vlid)) aim(hca, ah, dlid, epoch);
}

/** The guest is elsewhere now, with new numbers: handles follow it. */
export function followGuest(
  hca: Hca,
  device: Device,
  moved: VLid,
  at: { readonly dlid: Lid; readonly epoch: number; readonly names: ReadonlyMap<VQpn, Qpn> },
): void {
  if (at.names.size === 0) return;
  for (const [vqpn, qpn] of at.names) {
    const key = keyOf({ vlid: moved, vqpn });
    const known = device.remoteQps.get(key);
    if (known && known.epoch < at.epoch) device.remoteQps.set(key, { qpn, epoch: at.epoch });
  }
  for (const ah of aimedAt(device, moved)) {
    if (ah.remoteEpoch !== notFound && ah.remoteEpoch >= at.epoch) continue;
    aim(hca, ah, at.dlid, at.epoch);
    writeRecord(device, ah, 0 as VQpn, 0 as Qpn);
  }
}

function aim(hca: Hca, ah: Ah, dlid: Lid, remoteEpoch: number): void {
  ah.remoteEpoch = remoteEpoch;
  hca.retargetAh(ah.handle, { dlid, remoteEpoch });
}

function aimedAt(device: Device, vlid: VLid): Ah[] {
  return [...device.ahs.values()].filter((ah) => ah.dlid === vlid);
}

const keyOf = ({ vlid, vqpn }: RemoteName): string => `${vlid}:${vqpn}`;

/** Tells the guest's library what it may copy into work requests; it reads while this writes. */
function writeRecord(device: Device, ah: Ah, vqpn: VQpn, qpn: Qpn): void {
  const { words } = device.memory;
  const store = (field: number, value: number) => Atomics.store(words, (ah.record + field) >> 2, value | 0);
  Atomics.add(words, (ah.record + AH_VERSION) >> 2, 1);
  store(AH_HANDLE, ah.handle);
  store(AH_LOCAL_EPOCH, device.epoch);
  store(AH_V_QPN, vqpn);
  store(AH_QPN, qpn);
  store(AH_REMOTE_EPOCH, vqpn === 0 ? 0 : ah.remoteEpoch);
  Atomics.add(words, (ah.record + AH_VERSION) >> 2, 1);
}
