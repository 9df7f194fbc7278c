import { PORT_ACTIVE, QPS_ERR, QPS_RESET, QPS_SQD, QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import { type Lid, NomadError, type Qpn, type Random } from "@nomad/base";
import { type Crc32, Icrc } from "@nomad/iba";
import type { CounterName, Counters } from "./counters.ts";
import { Cuts } from "./cut.ts";
import { DataPath } from "./data-path.ts";
import { checkRoom, type DeviceLimits, deviceLimits } from "./device-limits.ts";
import { HcaObjects } from "./hca-objects.ts";
import { adoptSettings, applyAttributes, enterState } from "./modify-qp.ts";
import { type Names, numbering } from "./numbering.ts";
import type { PortState } from "./port.ts";
import { QpNumbers } from "./qp-numbers.ts";
import { type QpQueues, QueuePair } from "./queue-pair.ts";
import { ReceiveQueue } from "./receive-queue.ts";
import { applySnapshot, describe, isAtRest, isStill, snapshotOf } from "./snapshot.ts";
import type {
  DeviceMemory,
  Egress,
  HcaEvents,
  MemoryWindow,
  QpAttributes,
  QpCut,
  QpInit,
  QpQuery,
  QpSnapshot,
  QpTarget,
  QpType,
} from "./types.ts";
import type { Watch } from "./watch.ts";

export interface HcaOptions {
  /** The port's LID, 1 to 0xbfff. */
  readonly lid: Lid;
  /** For queue pair numbers and key variants. */
  readonly random: Random;
  readonly crc32: Crc32;
  /** Are ICRCs written and checked? Both ends of every link must agree. */
  readonly icrc: boolean;
  readonly egress: Egress;
  readonly events: HcaEvents;
  /** Request packets of one queue pair that may be unacknowledged. */
  readonly outstandingPacketsMax?: number;
  /** How it numbers queue pairs and keys: `random` when left out. */
  readonly names?: Names;
  /** Where the adapter is to have less room, or more, than adapters usually have. */
  readonly limits?: Partial<DeviceLimits>;
  /** The port's state until a subnet manager says another. Default PORT_ACTIVE. */
  readonly portState?: PortState;
}

const OUTSTANDING_PACKETS_MAX = 256;

/**
 * An emulated host channel adapter with one port. It does no IO and knows no clock: packets come in by `receive` and leave
 * through `Egress` during `run`; `now` is milliseconds of any clock that does not go back. Call `run` after anything that
 * may give it work, until it answers false, and `tick` when `deadline` has come. Its callbacks must not call back into it.
 */
export class Hca extends HcaObjects {
  readonly #path: DataPath;
  readonly #cuts: Cuts;
  readonly #numbers: QpNumbers;
  readonly #queuePairs = new Map<Qpn, QueuePair>();

  constructor(options: HcaOptions) {
    const numbers = numbering(options.names ?? "random", options.lid, options.random);
    super({
      ...options,
      numbering: numbers,
      icrc: options.icrc ? new Icrc(options.crc32) : null,
      outstandingPacketsMax: options.outstandingPacketsMax ?? OUTSTANDING_PACKETS_MAX,
      limits: { ...deviceLimits, ...options.limits },
      portState: options.portState ?? PORT_ACTIVE,
    });
    this.#numbers = new QpNumbers(numbers.qpns);
    this.#path = new DataPath(this.context, this.completions, this.#queuePairs);
    this.#cuts = new Cuts(this.context, this.#path.sends);
  }

  // --- queue pairs. Each throws NomadError: E_VERB for a wrong argument, E_BUSY for what is in use, E_STATE ---

  /** A queue pair in RESET. Its record's indices are set to where it starts. */
  createQp(init: QpInit): Qpn {
    return this.#add(init, (qp) => qp.storeConsumers());
  }

  /** Moves a queue pair to another state or changes what it allows, by the table of ibv_modify_qp(3). */
  modifyQp(qpn: Qpn, attributes: QpAttributes, now: number): void {
    const qp = this.#qp(qpn);
    qp.stir();
    applyAttributes(qp, attributes, this.context.port);
    const to = attributes.state ?? qp.state;
    enterState(qp, to);
    if (to === QPS_ERR) this.completions.enterError(qp);
    qp.state = to;
    if (to === QPS_RESET || !qp.requester.busy) this.context.drained(qp);
    this.#path.requester.restartTimer(qp, now);
    this.context.schedule.add(qp);
  }

  queryQp(qpn: Qpn): QpQuery {
    const qp = this.#qp(qpn);
    const { requester, responder, state, type } = qp;
    const sqDraining = state === QPS_SQD && requester.busy;
    const psns = { sqPsn: requester.nextPsn, rqPsn: responder.expectedPsn };
    return { ...qp.settings, state, curState: state, ...psns, type, sqDraining };
  }

  /** What it has bound is unbound. E_BUSY while it is in a multicast group. */
  destroyQp(qpn: Qpn): void {
    const qp = this.#qp(qpn);
    if (this.context.groups.has(qp)) throw new NomadError("E_BUSY", `queue pair ${qpn} is in a multicast group`);
    this.#stop(qp);
    this.context.gates.forget(qp);
    this.context.windows.forgetOwner(qp);
    this.context.pds.refer(qp.pd, -1);
    if (qp.srq !== null) qp.srq.references--;
    this.completions.leave(qp);
    if (qp.counted !== null) this.context.portCounters.add(qp.counted);
    this.#queuePairs.delete(qpn);
    this.#numbers.release(qpn);
  }

  /** A UD queue pair joins a group, by its identifier (16 bytes) and multicast LID. That packets come is the fabric's part. */
  attachMcast(qpn: Qpn, mgid: Uint8Array, mlid: number): void {
    const qp = this.#qp(qpn);
    qp.stir();
    this.context.groups.attach(qp, mgid, mlid);
  }

  detachMcast(qpn: Qpn, mgid: Uint8Array, mlid: number): void {
    const qp = this.#qp(qpn);
    qp.stir();
    this.context.groups.detach(qp, mgid, mlid);
  }

  // --- the data path ---

  /**
   * The send queue's producer has moved, or a translation that was pending is done. A queue pair in the error state then
   * flushes what was posted to either queue. A number that is not known is ignored: a guest may ring anything.
   */
  doorbell(qpn: Qpn): void {
    const qp = this.#queuePairs.get(qpn);
    if (qp !== undefined) this.#path.doorbell(qp);
  }

  /** One packet, BTH to ICRC, that came from port `slid`; to a multicast group, with its LID. `bytes` is not kept. */
  receive(bytes: Uint8Array, offset: number, length: number, slid: Lid, now: number, dlid = this.context.lid): void {
    this.#path.receive(bytes, offset, length, slid, dlid, now);
  }

  /**
   * `HcaEvents.datagramSource` said that this sender's name was not known yet: now it is, or (`known` false) nobody has it, and
   * what came from it is lost.
   */
  sourceSettled(slid: Lid, from: Qpn, known: boolean): void {
    this.#path.releaseDatagrams(slid, from, known);
  }

  /** Sends at most `packetsMax` packets, queue pair by queue pair; true when there is more to do now. */
  run(now: number, packetsMax: number): boolean {
    return this.#path.run(now, packetsMax);
  }

  /** The link to `dlid` takes packets again. */
  transmitReady(dlid: Lid): void {
    this.context.schedule.ready(dlid);
  }

  /** When `tick` must be called next, or null. */
  deadline(): number | null {
    return this.context.timers.next();
  }

  tick(now: number): void {
    this.#path.tick(now);
  }

  // --- migration ---

  /** Holds the send queue: it starts no work request until no holder is left; what it has started goes on. */
  gate(qpn: Qpn, holder: string, _now: number): void {
    this.context.gates.hold(this.#qp(qpn), holder);
  }

  /**
   * This holder lets go; when it was the last, retries and the timer begin anew and the send queue goes on, from what it has
   * no answer to: its peer may have been frozen.
   */
  ungate(qpn: Qpn, holder: string, now: number): void {
    const qp = this.#qp(qpn);
    if (!this.context.gates.release(qp, holder)) return;
    qp.requester.retriesLeft = qp.settings.retryCnt;
    qp.requester.rnrRetriesLeft = qp.settings.rnrRetry;
    if (qp.requester.busy) qp.requester.resend();
    this.#path.requester.restartTimer(qp, now);
    this.context.schedule.add(qp);
  }

  /** Has no send queue under this holder anything under way? `HcaEvents.drained` tells when that becomes true. */
  drained(holder: string): boolean {
    return this.context.gates.isDrained(holder);
  }

  undrained(holder: string): Qpn[] {
    return this.context.gates.undrained(holder);
  }

  /** Held by this holder and nobody else, with nothing under way: so it stays until the holder lets go. */
  idle(qpn: Qpn, holder: string): boolean {
    return this.context.gates.idle(this.#qp(qpn), holder);
  }

  /** From here on every packet for it is dropped, nothing is sent, and memory is neither read nor written for it. */
  freeze(qpn: Qpn): void {
    this.#stop(this.#qp(qpn));
  }

  /** It goes on as it was: what may have been lost is sent again. */
  thaw(qpn: Qpn): void {
    const qp = this.#qp(qpn);
    qp.stir();
    qp.stopped = false;
    if (qp.requester.busy) qp.requester.resend();
    this.completions.flush(qp);
    this.context.schedule.add(qp);
  }

  /**
   * All whose queues are in this memory, and all that will be, are as if they were frozen, until `attach`. Those that have
   * something under way are to be frozen besides, for their timers go on.
   */
  detach(memory: DeviceMemory): void {
    this.context.accessTo(memory).closed = true;
  }

  attach(memory: DeviceMemory): void {
    this.context.accessTo(memory).closed = false;
  }

  /** What makes it again elsewhere; it must be frozen, or held and drained (E_STATE). */
  snapshot(qpn: Qpn): QpSnapshot {
    return snapshotOf(this.#qp(qpn));
  }

  /** The same of one that goes on, and is under watch from here on; null while it has anything under way. */
  snapshotAtRest(qpn: Qpn, watch: Watch): QpSnapshot | null {
    const qp = this.#qp(qpn);
    if (!isAtRest(qp)) return null;
    qp.watch = watch;
    return describe(qp);
  }

  /** Is it at rest, and nothing of it other than this snapshot says? */
  still(qpn: Qpn, told: QpSnapshot): boolean {
    return isStill(this.#qp(qpn), told);
  }

  /** A queue pair in RESET that is frozen until `thaw`. Its memory is not touched: it need not be there yet. */
  createFrozenQp(init: QpInit): Qpn {
    return this.#add(init, (qp) => {
      qp.stopped = true;
    });
  }

  /** Makes a frozen queue pair what the snapshot says; once more, if that has changed. Its memory need not be there yet. */
  prepareQp(qpn: Qpn, snapshot: QpSnapshot): void {
    const qp = this.#qp(qpn);
    qp.stir();
    applySnapshot(qp, snapshot);
  }

  /** The same when its memory is there: it is told there how far its queues are executed. */
  becomeQp(qpn: Qpn, snapshot: QpSnapshot): void {
    this.prepareQp(qpn, snapshot);
    this.#qp(qpn).storeConsumers();
  }

  /** The queue pair of a snapshot under a new number, frozen until `thaw`. */
  restore(init: QpInit, snapshot: QpSnapshot): Qpn {
    const qpn = this.createFrozenQp({ ...init, type: snapshot.type as QpType });
    this.becomeQp(qpn, snapshot);
    return qpn;
  }

  /**
   * A frozen queue pair goes on where its peer was cut: what the peer had executed completes, the rest is sent once it is
   * thawed. `cutOf` a snapshot is what it tells its peer in turn.
   */
  applyCut(qpn: Qpn, cut: QpCut): void {
    const qp = this.#qp(qpn);
    qp.stir();
    this.#cuts.apply(qp, cut);
  }

  /**
   * The window that `queryMw` described elsewhere, under a new key; domain, lkey and queue pair are those of this adapter.
   * Its old key, as everywhere, opens nothing.
   */
  restoreMw(window: Omit<MemoryWindow, "rkey">): MemoryWindow {
    const owner = window.qpn === null ? null : this.#qp(window.qpn);
    return this.context.windows.restore(window, owner);
  }

  /** A number for `renumber` to use later. */
  reserveQpn(): Qpn {
    return this.#numbers.take();
  }

  /** A reserved number is not needed after all. */
  unreserveQpn(qpn: Qpn): void {
    this.#numbers.release(qpn);
  }

  /** Numbers that queue pairs have, that are reserved, and that queue pairs had before they moved. */
  get qpnsInUse(): number {
    return this.#numbers.inUse;
  }

  /** The number of the general services interface, QP1, for `renumber`: who manages the port is found there. E_BUSY */
  reserveGsi(): Qpn {
    const qpn = this.#numbers.takeGsi();
    if (qpn === null) throw new NomadError("E_BUSY", "QP1 is in use");
    return qpn;
  }

  /** Gives the queue pair another number (a reserved one, or any). The old one is not released: never given again. */
  renumber(qpn: Qpn, to: Qpn = this.#numbers.take()): Qpn {
    const qp = this.#qp(qpn);
    if (this.#queuePairs.has(to) || !this.#numbers.isTaken(to)) {
      throw new NomadError("E_VERB", `queue pair number ${to} is not reserved, or in use`);
    }
    this.#queuePairs.delete(qpn);
    this.#queuePairs.set(to, qp);
    qp.qpn = to;
    return to;
  }

  /** Where the peer is now. */
  retarget(qpn: Qpn, target: QpTarget): void {
    const qp = this.#qp(qpn);
    qp.stir();
    const { dlid = qp.settings.dlid, destQpn = qp.settings.destQpn, remoteEpoch = qp.settings.remoteEpoch } = target;
    Object.assign(qp.settings, { dlid, destQpn, remoteEpoch });
    adoptSettings(qp);
    this.context.schedule.unpark(qp);
    this.context.schedule.add(qp);
  }

  /** The owner's epoch: work requests translated under another are translated again. */
  setLocalEpoch(qpn: Qpn, epoch: number): void {
    this.#qp(qpn).localEpoch = epoch;
  }

  // --- counters ---

  /** Of the port: all queue pairs that are or were, and what belongs to none. A new object. */
  override get counters(): Counters {
    const sum = super.counters;
    for (const { counted } of this.#queuePairs.values()) if (counted !== null) sum.add(counted);
    return sum;
  }

  override countOf(name: CounterName): number {
    let sum = super.countOf(name);
    for (const { counted } of this.#queuePairs.values()) sum += counted?.[name] ?? 0;
    return sum;
  }

  /** Of one queue pair: live. */
  qpCounters(qpn: Qpn): Counters {
    return this.#qp(qpn).counters;
  }

  #add(init: QpInit, prepare: (qp: QueuePair) => void): Qpn {
    const { limits, pds, regions } = this.context;
    checkRoom(this.#queuePairs.size, limits.maxQp, "queue pairs");
    const qp = new QueuePair(init, this.context.accessTo(init.memory), this.#queuesOf(init), regions);
    pds.refer(init.pd, 1);
    prepare(qp);
    if (qp.srq !== null) qp.srq.references++;
    qp.qpn = this.#numbers.take();
    this.completions.join(qp);
    this.#queuePairs.set(qp.qpn, qp);
    return qp.qpn;
  }

  #queuesOf(init: QpInit): QpQueues {
    const { type = QPT_RC, rq, srq: srqn } = init;
    if (type !== QPT_RC && type !== QPT_UC && type !== QPT_UD)
      throw new NomadError("E_VERB", `no queue pair type ${type}`);
    const cqs = { sendCq: this.cq(init.sendCq), recvCq: this.cq(init.recvCq) };
    if (srqn !== undefined) {
      if (type === QPT_UC)
        throw new NomadError("E_VERB", "an unreliable connection takes from no shared receive queue");
      const srq = this.srq(srqn);
      return { ...cqs, receives: srq, srq };
    }
    if (rq === undefined) throw new NomadError("E_VERB", "a queue pair needs a receive queue, its own or a shared one");
    return { ...cqs, receives: new ReceiveQueue(init.memory, rq, init.pd), srq: null };
  }

  #stop(qp: QueuePair): void {
    qp.stopped = true;
    this.context.timers.cancel(qp);
    this.context.schedule.unpark(qp);
  }

  #qp(qpn: Qpn): QueuePair {
    const qp = this.#queuePairs.get(qpn);
    if (qp === undefined) throw new NomadError("E_VERB", `no queue pair ${qpn}`);
    return qp;
  }
}
