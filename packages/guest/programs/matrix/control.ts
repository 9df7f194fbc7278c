// What the two ends of a lane tell each other, over a reliable connection of its own.
import { SEND_INLINE, SEND_SIGNALED, WC_RECV } from "nomad/abi";
import { allocate } from "nomad/memory";
import {
  MemoryRegion,
  QueuePair,
  QueuePairOptions,
  ReceiveRequest,
  ScatterGather,
  SendRequest,
  WorkCompletion,
} from "nomad/verbs";
import { Device, required } from "./device.ts";

/** The receiver is ready for the messages from `count` on; `key` opens its memory to them. */
export const READY: u32 = 1;
/** The sender has posted `count` messages, and all have completed. */
export const SYNC: u32 = 2;
/** ... and there will be no more. */
export const FIN: u32 = 3;
/** The receiver has seen the end. */
export const DONE: u32 = 4;

const BYTES: u32 = 16;
const RECEIVES: u32 = 4;

@final
export class Control {
  readonly qp: QueuePair;
  private readonly inbox: MemoryRegion;
  private readonly outbox: u32 = allocate(BYTES);
  kind: u32 = 0;
  count: u32 = 0;
  key: u32 = 0;

  constructor(device: Device) {
    const options = new QueuePairOptions();
    options.sendEntries = RECEIVES;
    options.receiveEntries = RECEIVES;
    this.qp = required<QueuePair>(QueuePair.create(device.pd, device.cq, device.cq, options), "queue pair");
    this.inbox = device.register(RECEIVES * BYTES);
  }

  /** Readies it for what the other end may say at once. */
  initialize(): i32 {
    const status = this.qp.initialize();
    for (let i: u32 = 0; status === 0 && i < RECEIVES; i++) this.post(i);
    return status;
  }

  tell(kind: u32, count: u32, key: u32 = 0): void {
    store<u32>(this.outbox, kind);
    store<u32>(this.outbox + 4, count);
    store<u32>(this.outbox + 8, key);
    const request = new SendRequest([new ScatterGather(this.outbox, BYTES)]);
    request.flags = SEND_INLINE | SEND_SIGNALED;
    this.qp.postSend(request);
  }

  /** True when the other end has said something: `kind`, `count` and `key`. */
  take(completion: WorkCompletion): bool {
    if (completion.opcode !== WC_RECV) return false;
    const at = this.inbox.address + <u32>completion.id * BYTES;
    this.kind = load<u32>(at);
    this.count = load<u32>(at + 4);
    this.key = load<u32>(at + 8);
    this.post(<u32>completion.id);
    return true;
  }

  private post(slot: u32): void {
    const request = new ReceiveRequest([new ScatterGather(this.inbox.address + slot * BYTES, BYTES, this.inbox.key)]);
    request.id = slot;
    this.qp.postReceive(request);
  }
}
