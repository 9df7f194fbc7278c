// memory: 4 MiB
// A guest of your own. Two of these send each other numbered messages over a reliable connection and notice when one is
// missing, doubled or out of order. Arguments: name, peer; interval (milliseconds between two messages).
import { ACCESS_LOCAL_WRITE, WC_RECV, WC_SUCCESS } from "nomad/abi";
import { argument, numberArgument } from "nomad/arguments";
import { check } from "nomad/check";
import { log } from "nomad/log";
import { allocate } from "nomad/memory";
import { lookup, publish } from "nomad/rendezvous";
import {
  CompletionQueue,
  ConnectOptions,
  MemoryRegion,
  ProtectionDomain,
  QueuePair,
  QueuePairOptions,
  ReceiveRequest,
  ScatterGather,
  SendRequest,
  statusName,
  WorkCompletion,
} from "nomad/verbs";
import { clock, shutdownRequested, vlid } from "nomad/vmm";

const MILLISECOND: i64 = 1_000_000;
const PEER_WITHIN: i64 = 60_000 * MILLISECOND;
const MESSAGE_BYTES: u32 = 8;
/** Receives that are posted at any time, a slot of memory each; the slot behind them is sent from. */
const RECEIVES: u32 = 16;
/** What the last message says in place of a number. */
const GOOD_BYE: u64 = u64.MAX_VALUE;

class Talk {
  private sent: u64 = 0;
  private received: u64 = 0;
  private sending: bool = false;
  private ended: bool = false;
  private dueAt: i64 = 0;

  constructor(
    private readonly cq: CompletionQueue,
    private readonly qp: QueuePair,
    private readonly memory: MemoryRegion,
  ) {
    for (let slot: u32 = 0; slot < RECEIVES; slot++) this.postReceive(slot);
  }

  /** Until one side says good-bye or something fails. Null, or what failed. */
  run(interval: i64): string | null {
    const completion = new WorkCompletion();
    while (!this.ended || this.sending) {
      if (this.cq.poll(completion)) {
        const trouble = this.take(completion);
        if (trouble !== null) return trouble;
      } else if (!this.sending && clock() >= this.dueAt) {
        this.dueAt = clock() + interval;
        this.ended = shutdownRequested();
        this.send(this.ended ? GOOD_BYE : ++this.sent);
      } else {
        this.cq.waitForEvent(this.sending ? interval : max<i64>(this.dueAt - clock(), 0));
      }
    }
    log(`sent ${this.sent}, received ${this.received}, none missing`);
    return null;
  }

  private take(completion: WorkCompletion): string | null {
    if (completion.status !== WC_SUCCESS) return statusName(completion.status);
    if (completion.opcode !== WC_RECV) {
      this.sending = false;
      return null;
    }
    const slot = <u32>completion.id;
    const number = load<u64>(this.memory.address + slot * MESSAGE_BYTES);
    this.postReceive(slot);
    if (number === GOOD_BYE) {
      this.ended = true;
      this.sending = false;
      return null;
    }
    if (number !== ++this.received) return `message ${number} came in place of ${this.received}`;
    return null;
  }

  private send(number: u64): void {
    const address = this.memory.address + RECEIVES * MESSAGE_BYTES;
    store<u64>(address, number);
    const request = new SendRequest([new ScatterGather(address, MESSAGE_BYTES, this.memory.key)]);
    check(this.qp.postSend(request) === 0, "the send queue is full");
    this.sending = true;
  }

  private postReceive(slot: u32): void {
    const address = this.memory.address + slot * MESSAGE_BYTES;
    const request = new ReceiveRequest([new ScatterGather(address, MESSAGE_BYTES, this.memory.key)]);
    request.id = slot;
    check(this.qp.postReceive(request) === 0, "the receive queue is full");
  }
}

/** Tells the peer where we are and connects to where it is. */
function connect(qp: QueuePair, name: string, peer: string): string | null {
  publish(`talk/${name}`, `${vlid()} ${qp.vqpn}`);
  const found = lookup(`talk/${peer}`, PEER_WITHIN);
  if (found === null) return `${peer} did not come up`;
  const address = found.split(" ");
  const options = new ConnectOptions();
  options.vlid = U32.parseInt(address[0]);
  options.vqpn = U32.parseInt(address[1]);
  const status = qp.connect(options);
  if (status !== 0) return `connecting to ${peer} failed: errno ${-status}`;
  // Nobody sends before both are ready to receive.
  publish(`talk/${name}/ready`, "yes");
  return lookup(`talk/${peer}/ready`, PEER_WITHIN) === null ? `${peer} did not connect` : null;
}

export function main(): i32 {
  const name = argument("name", "alice");
  const peer = argument("peer", "bob");
  const pd = ProtectionDomain.allocate()!;
  const cq = CompletionQueue.create(2 * RECEIVES)!;
  const options = new QueuePairOptions();
  options.signalAll = true;
  const qp = QueuePair.create(pd, cq, cq, options)!;
  const bytes = (RECEIVES + 1) * MESSAGE_BYTES;
  const memory = pd.register(allocate(bytes), bytes, ACCESS_LOCAL_WRITE)!;
  check(qp.initialize() === 0, "the queue pair does not go to INIT");
  const talk = new Talk(cq, qp, memory);
  let trouble = connect(qp, name, peer);
  if (trouble === null) {
    log(`${name} <-> ${peer}: connected`);
    trouble = talk.run(numberArgument("interval", 100) * MILLISECOND);
  }
  if (trouble === null) return 0;
  log(`${name} <-> ${peer}: ${trouble}`);
  return 1;
}
