// The initiator's side: posts SENDs, WRITEs, READs and atomics, as many as the window and the peer's credits allow.
import {
  SEND_INLINE,
  SEND_SIGNALED,
  WR_ATOMIC_CMP_AND_SWP,
  WR_ATOMIC_FETCH_AND_ADD,
  WR_RDMA_READ,
  WR_RDMA_WRITE,
  WR_SEND,
} from "nomad/abi";
import { check } from "nomad/check";
import { allocate } from "nomad/memory";
import { QueuePair, ScatterGather, SendRequest } from "nomad/verbs";
import { clock } from "nomad/vmm";
import { Areas, ATOMIC_SLOTS, HEADER, READ_SLOTS, RECEIVES, SEND_SLOTS, SLOT, SOURCE, WRITE_SLOTS } from "./areas.ts";
import { KIND_CREDIT, KIND_DATA, KIND_FIN, KIND_WRITTEN, Message, Returns, Totals } from "./message.ts";
import { fillPayload, isStatic } from "./pattern.ts";
import { PeerAddress } from "./peer-address.ts";
import { Random } from "./random.ts";
import { Sizes } from "./sizes.ts";
import { Slots } from "./slots.ts";
import { Tally } from "./tally.ts";

/** Credits that only messages without payload may use, so that they can always be sent. */
const RESERVED_CREDITS: u32 = 2;
/** The peer is told what it may use again at the latest after this, ns. */
const RETURN_AFTER: i64 = 10_000_000;

/** What a completion is of: the low byte of its work request's id. The rest is a slot. */
const OF_SEND: u32 = 1;
const OF_CONTROL: u32 = 2;
const OF_WRITE: u32 = 3;
const OF_READ: u32 = 4;
const OF_FETCH_ADD: u32 = 5;
const OF_SWAP: u32 = 6;
const OF_FIN: u32 = 7;

/** Kinds of operations, drawn out of this many lots. */
const LOTS: u32 = 100;
const SENDS_UP_TO: u32 = 40;
const WRITES_UP_TO: u32 = 65;
const READS_UP_TO: u32 = 85;
const KINDS: u32 = 4;

@final
export class Outbound {
  /** Signalled work requests that have not completed. */
  outstanding: u32 = 0;
  readonly totals: Totals = new Totals();
  finSent: bool = false;
  finCompleted: bool = false;
  private sequence: u32 = 0;
  private readonly told: Returns = new Returns();
  private toldAt: i64 = 0;
  private bigSends: u32 = 0;
  private writes: u32 = 0;
  private bigWrites: u32 = 0;
  private readonly random: Random;
  private readonly sendSizes: Sizes;
  private readonly writeSizes: Sizes;
  private readonly readSizes: Sizes;
  private readonly sendSlots: Slots = new Slots(SEND_SLOTS);
  private readonly readSlots: Slots = new Slots(READ_SLOTS);
  private readonly atomicSlots: Slots = new Slots(ATOMIC_SLOTS);
  private bigSendIsFree: bool = true;
  private bigReadIsFree: bool = true;
  private readonly readOffsets: StaticArray<u32> = new StaticArray<u32>(READ_SLOTS + 1);
  private readonly readBytes: StaticArray<u32> = new StaticArray<u32>(READ_SLOTS + 1);
  private readonly oldValues: StaticArray<u64> = new StaticArray<u64>(ATOMIC_SLOTS);
  private readonly element: ScatterGather;
  private readonly request: SendRequest;
  private readonly message: Message = new Message();
  private readonly control: Message = new Message(allocate(HEADER));

  constructor(
    private readonly qp: QueuePair,
    private readonly areas: Areas,
    private readonly peer: PeerAddress,
    private readonly given: Returns,
    private readonly taken: Returns,
    private readonly tally: Tally,
    private readonly window: u32,
    private readonly seed: u32,
  ) {
    const random = new Random((<u64>seed) << 32);
    this.random = random;
    this.sendSizes = new Sizes(random);
    this.writeSizes = new Sizes(random);
    this.readSizes = new Sizes(random);
    const element = new ScatterGather();
    this.element = element;
    this.request = new SendRequest([element]);
  }

  /** Posts one operation of a random kind, or of the next kind that is possible; false when none is. */
  postNext(): bool {
    if (this.outstanding >= this.window || this.qp.sendRoom < 2) return false;
    const lot = this.random.between(0, LOTS - 1);
    const first: u32 = lot < SENDS_UP_TO ? 0 : lot < WRITES_UP_TO ? 1 : lot < READS_UP_TO ? 2 : 3;
    for (let i: u32 = 0; i < KINDS; i++) if (this.tryKind((first + i) % KINDS)) return true;
    return false;
  }

  /** Tells the peer what it may use again, if that has waited long, or is much. */
  postReturns(): bool {
    if (this.given.equals(this.told) || this.credits === 0 || this.finSent || this.qp.sendRoom === 0) return false;
    const much = this.given.receives - this.told.receives >= RECEIVES / 2;
    if (!much && clock() - this.toldAt < RETURN_AFTER) return false;
    this.postControl(KIND_CREDIT, OF_CONTROL, 0, 0, 0);
    return true;
  }

  /** The last message; once everything before it has completed and there is a credit. */
  postFin(): bool {
    if (this.finSent || this.outstanding > 0 || this.credits === 0) return false;
    this.control.writeTotals(this.totals);
    this.postControl(KIND_FIN, OF_FIN, 0, 0, 0);
    this.finSent = true;
    return true;
  }

  /** A work request of ours has completed well: its slot is free, what it brought is checked. */
  completed(id: u64): void {
    this.outstanding--;
    const what = <u32>id & 0xff;
    const slot = <u32>(id >> 8);
    if (what === OF_SEND || what === OF_WRITE) this.freeSendSlot(slot);
    else if (what === OF_READ) this.checkRead(slot);
    else if (what === OF_FETCH_ADD || what === OF_SWAP) this.checkAtomic(slot);
    else if (what === OF_FIN) this.finCompleted = true;
  }

  /** Name of the operation of a work request, for an error message. */
  static operationName(id: u64): string {
    const what = <u32>id & 0xff;
    if (what === OF_WRITE) return "RDMA WRITE";
    if (what === OF_READ) return "RDMA READ";
    if (what === OF_FETCH_ADD) return "fetch-and-add";
    return what === OF_SWAP ? "compare-and-swap" : "SEND";
  }

  private get credits(): u32 {
    return RECEIVES - (this.sequence - this.taken.receives);
  }

  private tryKind(kind: u32): bool {
    if (kind === 0) return this.trySend();
    if (kind === 1) return this.tryWrite();
    return kind === 2 ? this.tryRead() : this.tryAtomic();
  }

  private trySend(): bool {
    if (this.credits <= RESERVED_CREDITS) return false;
    const big = this.sendSizes.bigIsDue && this.bigSendIsFree && this.bigSends === this.taken.bigSends;
    if (!big && this.sendSlots.isEmpty) return false;
    const bytes = big ? this.sendSizes.big() : this.sendSizes.small();
    if (big) this.bigSends++;
    const slot = this.takeSendSlot(big);
    const message = this.message;
    message.at = this.areas.send.slot(slot);
    const sum = fillPayload(message.at + HEADER, bytes, this.number(this.totals.sends++));
    message.write(KIND_DATA, this.sequence++, bytes, 0, sum);
    this.tell(message);
    this.tally.sent++;
    this.setLocal(message.at, HEADER + bytes, this.areas.send.key);
    this.post(WR_SEND, SEND_SIGNALED, OF_SEND, slot);
    return true;
  }

  /** The WRITE is not signalled: the SEND that announces it completes after it. */
  private tryWrite(): bool {
    if (this.credits <= RESERVED_CREDITS) return false;
    const big = this.writeSizes.bigIsDue && this.bigSendIsFree && this.bigWrites === this.taken.bigWrites;
    const full = this.writes - this.taken.writes >= WRITE_SLOTS;
    if (!big && (full || this.sendSlots.isEmpty)) return false;
    const bytes = big ? this.writeSizes.big() : this.writeSizes.small();
    const offset = (big ? WRITE_SLOTS : this.writes % WRITE_SLOTS) * SLOT;
    if (big) this.bigWrites++;
    else this.writes++;
    const slot = this.takeSendSlot(big);
    const payload = this.areas.send.slot(slot);
    const sum = fillPayload(payload, bytes, this.number(this.totals.writes++) | ((<u64>1) << 31));
    this.tally.sent++;
    this.setLocal(payload, bytes, this.areas.send.key);
    this.setRemote(this.peer.writeAddress + offset, this.peer.writeKey);
    this.post(WR_RDMA_WRITE, 0, OF_WRITE, slot);
    this.postControl(KIND_WRITTEN, OF_WRITE, bytes, offset, sum, slot);
    return true;
  }

  private tryRead(): bool {
    const big = this.readSizes.bigIsDue && this.bigReadIsFree;
    if (!big && this.readSlots.isEmpty) return false;
    const bytes = big ? this.readSizes.big() : this.readSizes.small();
    const slot = big ? READ_SLOTS : this.readSlots.take();
    if (big) this.bigReadIsFree = false;
    const offset = this.random.between(0, SOURCE - bytes) & ~7;
    this.readOffsets[slot] = offset;
    this.readBytes[slot] = bytes;
    this.tally.sent++;
    this.tally.readsPosted++;
    this.setLocal(this.areas.read.slot(slot), bytes, this.areas.read.key);
    this.setRemote(this.peer.sourceAddress + offset, this.peer.sourceKey);
    this.post(WR_RDMA_READ, SEND_SIGNALED, OF_READ, slot);
    return true;
  }

  /** Nobody else changes the peer's two counters, so that each old value is known beforehand. */
  private tryAtomic(): bool {
    if (this.atomicSlots.isEmpty) return false;
    const slot = this.atomicSlots.take();
    const add = this.random.between(0, 1) === 0;
    this.setLocal(this.areas.atomic.address + slot * 8, 8, this.areas.atomic.key);
    if (add) {
      this.oldValues[slot] = this.totals.fetchAdds++;
      this.setRemote(this.peer.countersAddress, this.peer.countersKey);
      this.request.compareAdd = 1;
      this.post(WR_ATOMIC_FETCH_AND_ADD, SEND_SIGNALED, OF_FETCH_ADD, slot);
    } else {
      this.oldValues[slot] = this.totals.swaps++;
      this.setRemote(this.peer.countersAddress + 8, this.peer.countersKey);
      this.request.compareAdd = this.oldValues[slot];
      this.request.swap = this.oldValues[slot] + 1;
      this.post(WR_ATOMIC_CMP_AND_SWP, SEND_SIGNALED, OF_SWAP, slot);
    }
    return true;
  }

  private checkRead(slot: u32): void {
    const bytes = this.readBytes[slot];
    if (isStatic(this.areas.read.slot(slot), bytes, this.peer.seed, this.readOffsets[slot])) {
      this.tally.readsChecked++;
      this.tally.bytes += bytes;
    } else this.tally.corrupted++;
    if (slot === READ_SLOTS) this.bigReadIsFree = true;
    else this.readSlots.give(slot);
  }

  private checkAtomic(slot: u32): void {
    if (load<u64>(this.areas.atomic.address + slot * 8) !== this.oldValues[slot]) this.tally.atomicsWrong++;
    this.atomicSlots.give(slot);
  }

  /** A number that no other payload of either side has. */
  private number(index: u32): u64 {
    return ((<u64>this.seed) << 32) | index;
  }

  private takeSendSlot(big: bool): u32 {
    if (!big) return this.sendSlots.take();
    this.bigSendIsFree = false;
    return SEND_SLOTS;
  }

  private freeSendSlot(slot: u32): void {
    if (slot === SEND_SLOTS) this.bigSendIsFree = true;
    else this.sendSlots.give(slot);
  }

  /** A message without payload, copied into the work request. */
  private postControl(kind: u32, what: u32, bytes: u32, offset: u32, sum: u64, slot: u32 = 0): void {
    this.control.write(kind, this.sequence++, bytes, offset, sum);
    this.tell(this.control);
    this.setLocal(this.control.at, HEADER, 0);
    this.post(WR_SEND, SEND_SIGNALED | SEND_INLINE, what, slot);
  }

  private tell(message: Message): void {
    message.writeReturns(this.given);
    this.told.copy(this.given);
    this.toldAt = clock();
  }

  private setLocal(address: u32, bytes: u32, key: u32): void {
    this.element.address = address;
    this.element.length = bytes;
    this.element.key = key;
  }

  private setRemote(address: u32, key: u32): void {
    this.request.remoteAddress = address;
    this.request.remoteKey = key;
  }

  private post(opcode: u32, flags: u32, what: u32, slot: u32): void {
    this.request.opcode = opcode;
    this.request.flags = flags;
    this.request.id = ((<u64>slot) << 8) | what;
    const status = this.qp.postSend(this.request);
    check(status === 0, "there is room in the send queue");
    if ((flags & SEND_SIGNALED) !== 0) this.outstanding++;
  }
}
