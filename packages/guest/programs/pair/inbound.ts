// The target's side: checks what the peer sends and writes.
import { QueuePair, ReceiveRequest, ScatterGather, WorkCompletion } from "nomad/verbs";
import { Areas, BIG, HEADER, RECEIVES, SLOT, SMALL_MAX, WRITE_SLOTS } from "./areas.ts";
import { KIND_DATA, KIND_FIN, KIND_WRITTEN, Message, Returns, Totals } from "./message.ts";
import { checksum, continueChecksum } from "./pattern.ts";
import { Tally } from "./tally.ts";

@final
export class Inbound {
  /** What the peer may use again; every message of ours tells it. */
  readonly given: Returns = new Returns();
  /** What we may use again, as the peer last told. */
  readonly taken: Returns = new Returns();
  readonly totals: Totals = new Totals();
  /** The peer has sent its last message. */
  finished: bool = false;
  private nextSequence: u32 = 0;
  private readonly message: Message = new Message();
  private readonly missing: Set<u32> = new Set<u32>();
  private readonly requests: ReceiveRequest[] = [];

  constructor(
    private readonly qp: QueuePair,
    private readonly areas: Areas,
    private readonly tally: Tally,
  ) {
    const tail = areas.receive.slot(RECEIVES);
    for (let i: u32 = 0; i < RECEIVES; i++) {
      const head = new ScatterGather(areas.receive.slot(i), SLOT, areas.receive.key);
      const request = new ReceiveRequest([head, new ScatterGather(tail, BIG, areas.receive.key)]);
      request.id = i;
      this.requests.push(request);
    }
  }

  /** Posts every receive; before the peer may send. */
  open(): bool {
    for (let i = 0; i < this.requests.length; i++) {
      if (this.qp.postReceive(this.requests[i]) !== 0) return false;
    }
    return true;
  }

  /** A receive has completed. */
  received(completion: WorkCompletion): void {
    const slot = <u32>completion.id;
    const message = this.message;
    message.at = this.areas.receive.slot(slot);
    if (this.isNew(message.sequence)) this.check(message, completion.byteLength);
    message.readReturns(this.taken);
    if (message.kind === KIND_FIN) {
      message.readTotals(this.totals);
      this.finished = true;
    }
    this.qp.postReceive(this.requests[slot]);
    this.given.receives++;
  }

  /** Counts what is missing, late or twice by the number of the message; true when it is to be looked at. */
  private isNew(sequence: u32): bool {
    if (sequence < this.nextSequence) {
      if (this.missing.delete(sequence)) {
        this.tally.reordered++;
        return true;
      }
      this.tally.duplicated++;
      return false;
    }
    for (let skipped = this.nextSequence; skipped < sequence; skipped++) this.missing.add(skipped);
    this.nextSequence = sequence + 1;
    return true;
  }

  private check(message: Message, byteLength: u32): void {
    if (message.kind === KIND_DATA) this.checkSend(message, byteLength);
    else if (message.kind === KIND_WRITTEN) this.checkWrite(message);
    else if (byteLength !== HEADER) this.tally.corrupted++;
  }

  private checkSend(message: Message, byteLength: u32): void {
    const bytes = message.bytes;
    const inHead = min(bytes, SMALL_MAX);
    let sum = checksum(message.at + HEADER, inHead);
    if (bytes > SMALL_MAX) {
      sum = continueChecksum(sum, this.areas.receive.slot(RECEIVES), bytes - SMALL_MAX);
      this.given.bigSends++;
    }
    if (sum === message.checksum && byteLength === HEADER + bytes) {
      this.tally.sendsChecked++;
      this.tally.bytes += bytes;
    } else this.tally.corrupted++;
  }

  private checkWrite(message: Message): void {
    const bytes = message.bytes;
    const fits = message.offset < WRITE_SLOTS * SLOT + BIG && bytes <= WRITE_SLOTS * SLOT + BIG - message.offset;
    if (fits && checksum(this.areas.write.address + message.offset, bytes) === message.checksum) {
      this.tally.writesChecked++;
      this.tally.bytes += bytes;
    } else this.tally.corrupted++;
    if (message.offset === WRITE_SLOTS * SLOT) this.given.bigWrites++;
    else this.given.writes++;
  }
}
