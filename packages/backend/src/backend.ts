import { EINVAL, VMM_EPOCH, VMM_VLID } from "@nomad/abi";
import { assert, type Lid, NomadError, type Qpn, type RKey, type VKey, type VLid, type VQpn } from "@nomad/base";
import type { DeviceMemory, Hca, HcaEvents } from "@nomad/hca";
import { decodeQpAttributes } from "./attributes.ts";
import { type Device, newDevice, type PendingCall, type Qp, type QpAddress } from "./device.ts";
import { drainDoorbells } from "./doorbells.ts";
import type { BackendEvents, KeyWanted } from "./events.ts";
import { execute, missed, type Outcome } from "./hypercalls/index.ts";
import { readCall, writeResult } from "./mailbox.ts";
import { type RemoteKey, RemoteKeys } from "./remote-keys.ts";
import { staleRemoteKey, translateLocalKeys, writeRemoteKey } from "./translate.ts";

export interface BackendOptions {
  /** The port's LID. */
  readonly lid: Lid;
  readonly makeHca: (events: HcaEvents) => Hca;
  readonly events: BackendEvents;
}

/**
 * The privileged domain's half of the split driver: gives each guest its share of the adapter, serves its hypercalls,
 * and keeps the tables of names. The data path bypasses it. It does no IO: `bell` says that a guest rang, answers that
 * take a look-up come through `connected`, `resolved` and `answer`.
 */
export class Backend implements HcaEvents {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly events: BackendEvents;
  readonly devices = new Map<VLid, Device>();
  readonly #qps = new Map<Qpn, { readonly device: Device; readonly qp: Qp }>();
  readonly #remoteKeys = new RemoteKeys();

  constructor(options: BackendOptions) {
    this.lid = options.lid;
    this.events = options.events;
    this.hca = options.makeHca(this);
  }

  /** A guest's device, empty as after power-on. */
  create(vlid: VLid, memory: DeviceMemory, epoch: number): Device {
    assert(!this.devices.has(vlid), `guest ${vlid} has one device at a host`);
    const device = newDevice(vlid, memory, epoch);
    this.devices.set(vlid, device);
    this.announce(device);
    return device;
  }

  device(vlid: VLid): Device {
    const device = this.devices.get(vlid);
    if (!device) throw new NomadError("E_NO_GUEST", `no guest with vLID ${vlid} runs here`);
    return device;
  }

  /** Tell the guest's driver the epoch under which physical names are valid now. */
  announce(device: Device): void {
    Atomics.store(device.memory.words, VMM_VLID >> 2, device.vlid);
    Atomics.store(device.memory.words, VMM_EPOCH >> 2, device.epoch);
  }

  /** The guest rang: new work in send queues, or a hypercall. */
  bell(vlid: VLid, now: number): void {
    const device = this.devices.get(vlid);
    if (!device || device.detached) return;
    drainDoorbells(device, (qp) => this.hca.doorbell(qp.qpn));
    const call = readCall(device.memory);
    if (call) this.#serve(device, call, now);
  }

  #serve(device: Device, call: PendingCall, now: number): void {
    if (device.last?.sequence === call.sequence) return writeResult(device.memory, device.last);
    if (device.pending?.sequence === call.sequence) return;
    device.pending = call;
    this.#finish(device, call, this.#execute(device, call, now));
  }

  #execute(device: Device, call: PendingCall, now: number): Outcome {
    const adopt = (qp: Qp) => this.adopt(device, qp);
    const disown = (qp: Qp) => this.disown(qp);
    return this.#guarded(() => execute({ hca: this.hca, events: this.events, device, call, now, adopt, disown }));
  }

  /** What the adapter refuses of a guest's is the guest's mistake. */
  #guarded(action: () => Outcome): Outcome {
    try {
      return action();
    } catch (error) {
      if (error instanceof NomadError) return { status: -EINVAL };
      throw error;
    }
  }

  #finish(device: Device, call: PendingCall, outcome: Outcome): void {
    if (outcome === "pending") return;
    const { status, words = [], data = new Uint8Array() } = outcome;
    device.pending = null;
    device.last = { sequence: call.sequence, status, words, data };
    if (!device.detached) writeResult(device.memory, device.last);
  }

  #pendingCall(vlid: VLid, sequence: number): { device: Device; call: PendingCall } | undefined {
    const device = this.devices.get(vlid);
    const call = device?.pending;
    return device && call?.sequence === sequence ? { device, call } : undefined;
  }

  /** The answer to a hypercall that was left pending; too late when the guest has moved on. */
  answer(vlid: VLid, sequence: number, outcome: Outcome): void {
    const found = this.#pendingCall(vlid, sequence);
    if (found) this.#finish(found.device, found.call, outcome);
  }

  /** The peer of a queue pair on its way to RTR has been found, or not (a negative errno). */
  connected(vlid: VLid, sequence: number, address: QpAddress | number, now: number): void {
    const found = this.#pendingCall(vlid, sequence);
    if (!found) return;
    const outcome =
      typeof address === "number" ? { status: address } : this.#guarded(() => this.#toRtr(found, address, now));
    this.#finish(found.device, found.call, outcome);
  }

  #toRtr({ device, call }: { device: Device; call: PendingCall }, address: QpAddress, now: number): Outcome {
    const qp = device.qps.get((call.words[0] ?? 0) as VQpn);
    const { attributes, remote } = decodeQpAttributes(call.words);
    if (!qp || !remote) return { status: -EINVAL };
    const { dlid, qpn: destQpn, epoch: remoteEpoch } = address;
    this.hca.modifyQp(qp.qpn, { ...attributes, dlid, destQpn, remoteEpoch }, now);
    qp.remote = remote;
    qp.remoteEpoch = remoteEpoch;
    return { status: 0 };
  }

  /** A peer's key has been looked up; null when it has none or its host did not answer in time. */
  resolved(vlid: VLid, owner: VLid, vkey: VKey, wanted: KeyWanted, key: RemoteKey | null): void {
    if (key) this.#remoteKeys.set(owner, vkey, key);
    if (wanted.kind === "call") {
      this.answer(vlid, wanted.sequence, key ? { status: 0, words: [key.rkey, key.epoch] } : missed.key);
      return;
    }
    const qp = this.devices.get(vlid)?.qps.get(wanted.vqpn);
    if (qp?.pendingKey?.wqe !== wanted.wqe) return;
    qp.pendingKey = key ? null : { wqe: wanted.wqe, failed: true };
    this.hca.doorbell(qp.qpn);
  }

  /** What a guest's key is on this adapter; undefined when the guest has no such region. */
  keyOf(vlid: VLid, vkey: VKey): RemoteKey | undefined {
    const device = this.device(vlid);
    const region = device.regions.get(vkey);
    return region && { rkey: region.rkey, epoch: device.epoch };
  }

  /** Where a guest's queue pair is, for a peer that connects to it and is a peer from now on. */
  addressOf(vlid: VLid, vqpn: VQpn, peer: VLid): QpAddress | undefined {
    const device = this.device(vlid);
    const qp = device.qps.get(vqpn);
    if (!qp) return undefined;
    device.inbound.add(peer);
    return { dlid: this.lid, qpn: qp.qpn, epoch: device.epoch };
  }

  adopt(device: Device, qp: Qp): void {
    this.#qps.set(qp.qpn, { device, qp });
  }

  /** Whose queue pair has this number. */
  owner(qpn: Qpn): { readonly device: Device; readonly qp: Qp } | undefined {
    return this.#qps.get(qpn);
  }

  disown(qp: Qp): void {
    this.#qps.delete(qp.qpn);
  }

  // --- HcaEvents ---

  translate(qpn: Qpn, queue: "send" | "recv", wqe: number): "done" | "pending" | "failed" {
    const found = this.#qps.get(qpn);
    if (!found) return "failed";
    const { device, qp } = found;
    translateLocalKeys(device, qp, queue, wqe);
    return queue === "send" ? this.#translateRemoteKey(device, qp, wqe) : "done";
  }

  #translateRemoteKey(device: Device, qp: Qp, wqe: number): "done" | "pending" | "failed" {
    const vkey = staleRemoteKey(device, qp, wqe);
    if (vkey === undefined || !qp.remote) return "done";
    const owner = qp.remote.vlid;
    const rkey = this.#remoteKeys.get(owner, vkey, qp.remoteEpoch);
    if (rkey !== undefined) {
      writeRemoteKey(device, qp, wqe, rkey);
      return "done";
    }
    if (qp.pendingKey?.wqe === wqe && qp.pendingKey.failed) {
      qp.pendingKey = null;
      writeRemoteKey(device, qp, wqe, 0 as RKey);
      return "failed";
    }
    if (qp.pendingKey?.wqe !== wqe) {
      qp.pendingKey = { wqe, failed: false };
      this.events.resolve({ vlid: device.vlid, owner, vkey, wanted: { kind: "work", vqpn: qp.vqpn, wqe } });
    }
    return "pending";
  }

  completionEvent(): void {}

  asyncEvent(): void {}

  drained(holder: string): void {
    this.events.drained(holder);
  }
}
