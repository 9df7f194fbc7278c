import { EBUSY, EINVAL, ENOMEM, VMM_EPOCH, VMM_VLID } from "@nomad/abi";
import {
  assert,
  type ErrorCode,
  type Lid,
  NomadError,
  type Qpn,
  type RKey,
  type VKey,
  type VLid,
  type VQpn,
} from "@nomad/base";
import type { AsyncEvent, DatagramSource, DeviceMemory, Hca, HcaEvents } from "@nomad/hca";
import { followGuest, learnAddress } from "./address-handles.ts";
import { announceEvents, raiseEvent } from "./async-events.ts";
import { decodeQpAttributes } from "./attributes.ts";
import { Channels } from "./channels.ts";
import { type Device, newDevice, type PendingCall, type Qp, type QpAddress, type RemoteName } from "./device.ts";
import { drainDoorbells } from "./doorbells.ts";
import type { BackendEvents, KeyWanted, WaitingWork } from "./events.ts";
import { execute, missed, type Outcome } from "./hypercalls/index.ts";
import { readCall, writeResult } from "./mailbox.ts";
import type { RemoteKey } from "./remote-keys.ts";
import { Senders, sourceOf } from "./senders.ts";
import { goOn, Translator } from "./translator.ts";

export interface BackendOptions {
  /** The port's LID. */
  readonly lid: Lid;
  readonly makeHca: (events: HcaEvents) => Hca;
  readonly events: BackendEvents;
}

/**
 * The privileged domain's half of the split driver: gives each guest its share of the adapter, serves its hypercalls,
 * and keeps the tables of names. The data path bypasses it. It does no IO: `bell` says that a guest rang, answers that
 * take a look-up come through `connected`, `resolved`, `addressed`, `identified` and `answer`.
 */
export class Backend implements HcaEvents {
  readonly lid: Lid;
  readonly hca: Hca;
  readonly events: BackendEvents;
  readonly devices = new Map<VLid, Device>();
  readonly channels = new Channels();
  readonly #qps = new Map<Qpn, { readonly device: Device; readonly qp: Qp }>();
  readonly #translator: Translator;
  readonly #senders = new Senders();

  constructor(options: BackendOptions) {
    this.lid = options.lid;
    this.events = options.events;
    this.#translator = new Translator(options.events);
    this.hca = options.makeHca(this);
  }

  /** A guest's device, empty as after power-on. */
  create(vlid: VLid, memory: DeviceMemory, epoch: number): Device {
    const device = newDevice(vlid, memory, epoch);
    this.enrol(device);
    return device;
  }

  /** From here on the device is found by its guest's vLID. */
  enrol(device: Device): void {
    assert(!this.devices.has(device.vlid), `guest ${device.vlid} has one device at a host`);
    this.devices.set(device.vlid, device);
    this.announce(device);
  }

  /**
   * The device of a program that uses the adapter without hypercalls. Of its objects only queue pairs are known here, those
   * that `enrolQp` is told of; its memory is its own, and the driver tells it nothing there.
   */
  createProgram(vlid: VLid, memory: DeviceMemory, kind: "program" | "raw"): Device {
    assert(!this.devices.has(vlid), `there is one program at port ${vlid}`);
    const device = newDevice(vlid, memory, 1, kind);
    this.devices.set(vlid, device);
    return device;
  }

  device(vlid: VLid): Device {
    const device = this.devices.get(vlid);
    if (!device) throw new NomadError("E_NO_GUEST", `no guest with vLID ${vlid} runs here`);
    return device;
  }

  /** Tell the guest's driver the epoch under which physical names are valid now, and what events there are. */
  announce(device: Device): void {
    Atomics.store(device.memory.words, VMM_VLID >> 2, device.vlid);
    Atomics.store(device.memory.words, VMM_EPOCH >> 2, device.epoch);
    announceEvents(device);
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
    return this.#guarded(() =>
      execute({ hca: this.hca, events: this.events, channels: this.channels, device, call, now, adopt, disown }),
    );
  }

  /** What the adapter refuses of a guest's is the guest's mistake. */
  #guarded(action: () => Outcome): Outcome {
    try {
      return action();
    } catch (error) {
      if (error instanceof NomadError) return { status: -(errnos[error.code] ?? EINVAL) };
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
    if (key) this.#translator.learnKey(owner, vkey, key);
    if (wanted.kind === "call") {
      this.answer(vlid, wanted.sequence, key ? { status: 0, words: [key.rkey, key.epoch] } : missed.key);
      return;
    }
    goOn(this.hca, this.devices.get(vlid), wanted, key !== null);
  }

  /** The target of datagrams has been looked up; null when there is none, or its host did not answer in time. */
  addressed(vlid: VLid, remote: RemoteName, work: WaitingWork, address: QpAddress | null): void {
    const device = this.devices.get(vlid);
    if (device && address) learnAddress(this.hca, device, remote, address);
    goOn(this.hca, device, work, address !== null);
  }

  /** A guest runs elsewhere now: whoever sends datagrams to it follows. */
  follow(moved: VLid, at: Parameters<typeof followGuest>[3]): void {
    for (const device of this.devices.values()) followGuest(this.hca, device, moved, at);
  }

  /** The sender of datagrams at another port; null when nobody there has that number. */
  identified(slid: Lid, qpn: Qpn, name: RemoteName | null): void {
    this.#senders.learn(slid, qpn, name);
    this.hca.sourceSettled(slid, qpn, name !== null);
  }

  /** The guest's queue pair that has this number here, or had it not long ago. */
  nameOf(qpn: Qpn): RemoteName | undefined {
    const owner = this.#qps.get(qpn);
    return owner ? { vlid: owner.device.vlid, vqpn: owner.qp.vqpn } : this.#senders.former(qpn);
  }

  /** Another incarnation of a host has this LID. */
  forgetPort(lid: Lid): void {
    this.#senders.forgetPort(lid);
  }

  /** What a guest's key is on this adapter; undefined when the guest has no such region or window. */
  keyOf(vlid: VLid, vkey: VKey): RemoteKey | undefined {
    const device = this.device(vlid);
    if (device.kind !== "guest") return { rkey: vkey as number as RKey, epoch: device.epoch };
    const rkey = device.regions.get(vkey)?.rkey ?? device.windows.rkeyOf(vkey);
    return rkey === undefined ? undefined : { rkey, epoch: device.epoch };
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
    const name = this.nameOf(qp.qpn);
    if (name) this.#senders.retire(qp.qpn, name);
    this.#qps.delete(qp.qpn);
  }

  // --- HcaEvents ---

  translate(qpn: Qpn, queue: "send" | "recv", wqe: number): "done" | "pending" | "failed" {
    const found = this.#qps.get(qpn);
    return found ? this.#translator.translate(found.device, found.qp, queue, wqe) : "failed";
  }

  datagramSource(to: Qpn, slid: Lid, from: Qpn): DatagramSource | "pending" | null {
    const receiver = this.#qps.get(to)?.device.vlid;
    if (receiver === undefined) return null;
    const local = slid === this.lid ? this.nameOf(from) : undefined;
    const sender = local ?? this.#senders.find(slid, from, () => this.events.identify({ slid, qpn: from }));
    return sender === "pending" ? "pending" : sourceOf(sender, receiver);
  }

  keyName(qpn: Qpn, rkey: RKey): number {
    return this.#qps.get(qpn)?.device.windows.vkeyOf(rkey) ?? rkey;
  }

  completionEvent(cqn: number): void {
    this.channels.raise(cqn);
  }

  asyncEvent(event: AsyncEvent): void {
    for (const device of this.devices.values()) if (device.kind === "guest") raiseEvent(device, event);
  }

  drained(holder: string): void {
    this.events.drained(holder);
  }
}

/** What the adapter's refusals are to a program; any other is EINVAL. */
const errnos: Readonly<Partial<Record<ErrorCode, number>>> = { E_BUSY: EBUSY, E_TOO_LARGE: ENOMEM };
