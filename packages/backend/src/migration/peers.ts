import { QPT_RC } from "@nomad/abi";
import { type Lid, planted, type Qpn, type VLid, type VQpn } from "@nomad/base";
import { cutOf } from "@nomad/hca";
import type { Backend } from "../backend.ts";
import type { Device, Qp } from "../device.ts";
import { heldWork } from "./held-work.ts";
import type { PeerCut, PeerName } from "./names.ts";

// A move, seen by the adapters that the moving guest's peers use.

interface Held {
  readonly device: Device;
  readonly qp: Qp;
}

function* queuePairs(backend: Backend, which: (held: Held) => boolean): Generator<Held> {
  for (const device of backend.devices.values()) {
    for (const qp of device.qps.values()) if (which({ device, qp })) yield { device, qp };
  }
}

const facing =
  (vlid: VLid) =>
  ({ device, qp }: Held): boolean =>
    device.vlid !== vlid && qp.remote?.vlid === vlid;
const connectedTo = (vlid: VLid) => (held: Held) => held.device.kind !== "raw" && facing(vlid)(held);

/** Queue pairs here that are connected to the guest and that nobody may hold: it cannot move without breaking them. */
export function pinning(backend: Backend, vlid: VLid): VQpn[] {
  const raw = queuePairs(backend, (held) => held.device.kind === "raw" && facing(vlid)(held));
  return [...raw].map(({ qp }) => qp.vqpn);
}

/** Close the send queues of all guests here towards the moving guest. It costs an idle one nothing more. */
export function suspendPeers(backend: Backend, vlid: VLid, move: string, now: number): void {
  for (const { qp } of queuePairs(backend, connectedTo(vlid))) {
    if (!qp.holds.has(move)) qp.holds.set(move, { qpn: null, frozen: false });
    if (!planted("skip-gate")) backend.hca.gate(qp.qpn, move, now);
  }
}

/**
 * The cuts of those queue pairs that are not idle at both ends: from now on they take and send nothing, so that what they
 * report stays true. Only unreliable ones that are drained go on receiving, for nobody would send again what they miss. Of
 * one that is idle nothing is told: it keeps its number, and both ends go on by what they have. `active`: the moving guest's
 * queue pairs that are not idle, null when nobody has said (all of them). `cut`: how many had work under way.
 */
export function cutPeers(
  backend: Backend,
  vlid: VLid,
  move: string,
  active: ReadonlySet<VQpn> | null,
): { readonly cuts: PeerCut[]; readonly cut: number } {
  const { hca } = backend;
  const undrained = new Set(hca.undrained(move));
  const cuts: PeerCut[] = [];
  for (const { device, qp } of queuePairs(backend, connectedTo(vlid))) {
    const hold = qp.holds.get(move);
    const toVqpn = qp.remote?.vqpn ?? (0 as VQpn);
    const isIdle = planted("idle-not-tested-at-peer") || hca.idle(qp.qpn, move);
    if (!hold || (isIdle && active?.has(toVqpn) === false)) continue;
    hold.qpn ??= hca.reserveQpn();
    if (qp.type === QPT_RC || undrained.has(qp.qpn)) {
      hca.freeze(qp.qpn);
      hold.frozen = true;
    }
    const cut = cutOf(hca.snapshot(qp.qpn));
    cuts.push({ vlid: device.vlid, vqpn: qp.vqpn, toVqpn, dlid: backend.lid, qpn: hold.qpn, cut });
    if (planted("skip-gate")) hca.thaw(qp.qpn);
  }
  return { cuts, cut: undrained.size };
}

/** Where the moving guest runs again: at a new place under new names, or (no names) where it was. */
interface Place {
  readonly move: string;
  readonly epoch: number;
  readonly dlid: Lid;
  readonly names: readonly PeerName[];
}

/**
 * The moving guest runs again. Peers' queue pairs that were cut take their reserved numbers; all learn where it is, complete
 * what it had executed of theirs, and open. Answers the guests whose queue pairs were opened.
 */
export function resumePeers(backend: Backend, vlid: VLid, at: Place, now: number): VLid[] {
  const names = new Map(at.names.map((name) => [name.vqpn, name]));
  const isConnected = connectedTo(vlid);
  const opened = new Set<VLid>();
  // One that was connected to somebody else meanwhile is let go as well.
  for (const held of queuePairs(backend, (one) => isConnected(one) || one.qp.holds.has(at.move))) {
    const { device, qp } = held;
    if (isConnected(held)) {
      opened.add(device.vlid);
      if (at.epoch > qp.remoteEpoch) follow(backend, held, at, qp.remote ? names.get(qp.remote.vqpn) : undefined);
    }
    letGo(backend, held, at.move, now);
  }
  const numbers = new Map(at.names.map(({ vqpn, qpn }) => [vqpn, qpn]));
  backend.follow(vlid, { dlid: at.dlid, epoch: at.epoch, names: numbers });
  return [...opened];
}

/** The queue pair's peer has another epoch now and, when it has a new name, is at another place. */
function follow(backend: Backend, { device, qp }: Held, at: Place, name: PeerName | undefined): void {
  const hold = qp.holds.get(at.move);
  if (name && hold?.qpn) {
    const { resume } = name;
    if (resume?.vlid === device.vlid && resume.vqpn === qp.vqpn) backend.hca.applyCut(qp.qpn, resume.cut);
    renumber(backend, device, qp, hold.qpn);
  }
  const address = name ? { dlid: at.dlid, destQpn: name.qpn } : {};
  backend.hca.retarget(qp.qpn, { ...address, remoteEpoch: at.epoch });
  qp.remoteEpoch = at.epoch;
  qp.pendingKey = null;
}

function letGo(backend: Backend, { device, qp }: Held, move: string, now: number): void {
  const hold = qp.holds.get(move);
  const wasFrozen = hold?.frozen === true;
  qp.holds.delete(move);
  if (hold?.qpn && hold.qpn !== qp.qpn) backend.hca.unreserveQpn(hold.qpn);
  if (planted("lost-wake-up")) return;
  if (wasFrozen && !isFrozen(qp) && !device.detached) backend.hca.thaw(qp.qpn);
  backend.hca.ungate(qp.qpn, move, now);
  backend.hca.doorbell(qp.qpn);
}

/** Has a move of its peer frozen it? */
export function isFrozen(qp: Qp): boolean {
  return [...qp.holds.values()].some(({ frozen }) => frozen);
}

function renumber(backend: Backend, device: Device, qp: Qp, qpn: Qpn): void {
  backend.disown(qp);
  backend.hca.renumber(qp.qpn, qpn);
  qp.qpn = qpn;
  backend.adopt(device, qp);
}

/** Work requests that guests here have posted towards this one and that have not completed. */
export function heldTowards(backend: Backend, vlid: VLid): number {
  let held = 0;
  for (const { device, qp } of queuePairs(backend, connectedTo(vlid))) held += heldWork(device, [qp]);
  return held;
}
