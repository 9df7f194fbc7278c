// One end of a measurement: a queue pair that carries what is measured, and one over which the ends agree.
import {
  ACCESS_LOCAL_WRITE,
  ACCESS_REMOTE_ATOMIC,
  ACCESS_REMOTE_READ,
  ACCESS_REMOTE_WRITE,
  QPT_RC,
  QPT_UD,
  WC_SUCCESS,
  WR_SEND_WITH_IMM,
} from "nomad/abi";
import { check } from "nomad/check";
import { localKey, localKeysEpoch, usePhysicalNames } from "nomad/driver";
import { log } from "nomad/log";
import { allocate } from "nomad/memory";
import { lookup, publish } from "nomad/rendezvous";
import {
  AddressHandle,
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
import { shutdownRequested, vlid } from "nomad/vmm";
import { Test } from "./test.ts";

const SECOND: i64 = 1_000_000_000;
const PEER_WITHIN: i64 = 300 * SECOND;
/** Local ACK time-out 0.5 s. */
const ACK_TIMEOUT: u32 = 17;
const QKEY: u32 = 0x1234;
/** The largest message, and what a datagram comes behind. */
const BUFFER_BYTES: u32 = (8 << 20) + 40;
const SENDS: u32 = 256;
const RECEIVES: u32 = 512;
const CONTROLS: u32 = 64;

/** What ends tell each other, by the immediate of an empty SEND. */
export const READY = 0;
export const DONE = 1;
export const CREDIT = 2;

/** What a completion is of. */
const DATA_SEND: u64 = 1;
const DATA_RECEIVE: u64 = 2;
const CONTROL_SEND: u64 = 3;
const CONTROL_RECEIVE: u64 = 4;

@final
export class End {
  /** Of this batch. */
  completed: u32 = 0;
  received: u32 = 0;
  /** Messages received for which credit is given at a time, 0 for none. */
  creditEvery: u32 = 0;
  hasFailed: bool = false;
  readonly element: ScatterGather;
  readonly request: SendRequest;
  private readonly heard: StaticArray<u32> = new StaticArray<u32>(3);
  private readonly cq: CompletionQueue;
  private readonly pd: ProtectionDomain;
  private readonly region: MemoryRegion;
  private readonly data: QueuePair;
  private readonly control: QueuePair;
  private readonly receive: ReceiveRequest;
  private readonly controlReceive: ReceiveRequest = new ReceiveRequest([]);
  private readonly word: SendRequest = new SendRequest([]);
  private readonly completion: WorkCompletion = new WorkCompletion();
  private peerKey: u32 = 0;
  private wordsUnderWay: u32 = 0;

  constructor(private readonly test: Test) {
    const pd = made<ProtectionDomain>(ProtectionDomain.allocate());
    const all = ACCESS_LOCAL_WRITE | ACCESS_REMOTE_WRITE | ACCESS_REMOTE_READ | ACCESS_REMOTE_ATOMIC;
    const region = made<MemoryRegion>(pd.register(allocate(BUFFER_BYTES, 4096), BUFFER_BYTES, all));
    const cq = made<CompletionQueue>(CompletionQueue.create(4 * RECEIVES));
    const element = new ScatterGather(region.address, 0, region.key);
    this.pd = pd;
    this.region = region;
    this.cq = cq;
    this.data = queuePair(pd, cq, test.transport, SENDS, RECEIVES);
    this.control = queuePair(pd, cq, QPT_RC, CONTROLS, CONTROLS);
    this.element = element;
    this.request = new SendRequest([element]);
    this.receive = new ReceiveRequest([new ScatterGather(region.address, BUFFER_BYTES, region.key)]);
    this.request.id = DATA_SEND;
    this.receive.id = DATA_RECEIVE;
    this.controlReceive.id = CONTROL_RECEIVE;
    this.word.id = CONTROL_SEND;
    this.word.opcode = WR_SEND_WITH_IMM;
  }

  /** Null, or what went wrong. */
  connect(job: string): string | null {
    const name = `${job}/${this.test.leads ? 0 : 1}`;
    const peer = `${job}/${this.test.leads ? 1 : 0}`;
    const datagrams = this.test.transport === QPT_UD;
    check(this.control.initialize() === 0, "the control connection is initialized");
    if (!datagrams) check(this.data.initialize() === 0, "the data connection is initialized");
    const own = `${this.data.vqpn} ${this.control.vqpn} ${this.region.address} ${this.region.key}`;
    publish(`perf/${name}`, `${vlid()} ${own}`);
    const text = lookup(`perf/${peer}`, PEER_WITHIN);
    if (text === null) return "the other side did not come up";
    const fields = text.split(" ");
    const to = U32.parseInt(fields[0]);
    const dataQpn = U32.parseInt(fields[1]);
    this.request.remoteAddress = U32.parseInt(fields[3]);
    this.peerKey = U32.parseInt(fields[4]);
    check(connected(this.control, to, U32.parseInt(fields[2])), "the control connection is connected");
    if (datagrams) this.aim(to, dataQpn);
    else check(connected(this.data, to, dataQpn), "the data connection is connected");
    this.useNames(false);
    for (let i: u32 = 0; i < RECEIVES; i++) this.data.postReceive(this.receive);
    for (let i: u32 = 0; i < CONTROLS; i++) this.control.postReceive(this.controlReceive);
    publish(`perf/${name}/connected`, "yes");
    return lookup(`perf/${peer}/connected`, PEER_WITHIN) === null ? "the other side did not connect" : null;
  }

  /** From now on by the adapter's own names, or by the guest's. */
  useNames(physical: bool): void {
    usePhysicalNames(null);
    let local = this.region.key;
    let remote = this.peerKey;
    if (physical) {
      localKeysEpoch();
      local = localKey(this.region.key);
      const key = this.data.peersKey(this.peerKey);
      remote = key.rkey;
      usePhysicalNames(key);
    }
    this.element.key = local;
    this.receive.list[0].key = local;
    this.request.remoteKey = remote;
  }

  /** The request, once more. */
  post(): void {
    check(this.data.postSend(this.request) === 0, "a message fits the send queue");
  }

  /** Tells the other end. */
  say(word: u32): void {
    this.word.immediate = word;
    this.wordsUnderWay++;
    check(this.control.postSend(this.word) === 0, "a word fits the control queue");
  }

  /** Has the other end said it? Each saying is taken once. */
  take(word: u32): bool {
    if (this.heard[word] === 0) return false;
    this.heard[word]--;
    return true;
  }

  /** Until the other end has said so; at once when the end has come. */
  hear(word: u32): void {
    while (!this.isOver && !this.take(word)) this.progress();
  }

  /** The one that leads ends first: nothing of the other's is asked for any more. */
  finish(): void {
    if (!this.test.leads) return this.hear(DONE);
    this.say(DONE);
    while (this.wordsUnderWay > 0 && !this.isOver) this.progress();
  }

  get isOver(): bool {
    return this.hasFailed || shutdownRequested();
  }

  /** Takes what has completed, and waits first when nothing has. */
  progress(): void {
    if (this.cq.isEmpty) this.cq.waitForEvent(SECOND);
    while (this.cq.poll(this.completion)) this.took(this.completion.id);
  }

  private took(id: u64): void {
    if (this.completion.status !== WC_SUCCESS) {
      this.hasFailed = true;
      log(`a work request ended with ${statusName(this.completion.status)}`);
    } else if (id === DATA_SEND) this.completed++;
    else if (id === CONTROL_SEND) this.wordsUnderWay--;
    else if (id === DATA_RECEIVE) {
      this.received++;
      this.data.postReceive(this.receive);
      if (this.creditEvery > 0 && this.received % this.creditEvery === 0) this.say(CREDIT);
    } else if (id === CONTROL_RECEIVE) {
      this.heard[this.completion.immediate]++;
      this.control.postReceive(this.controlReceive);
    }
  }

  private aim(to: u32, vqpn: u32): void {
    check(this.data.openDatagrams(QKEY) === 0, "datagrams can be sent");
    this.request.addressHandle = made<AddressHandle>(AddressHandle.to(this.pd, to));
    this.request.remoteQpn = vqpn;
    this.request.remoteQkey = QKEY;
  }
}

function queuePair(pd: ProtectionDomain, cq: CompletionQueue, type: u32, sends: u32, receives: u32): QueuePair {
  const options = new QueuePairOptions();
  options.type = type;
  options.sendEntries = sends;
  options.receiveEntries = receives;
  options.signalAll = true;
  return made<QueuePair>(QueuePair.create(pd, cq, cq, options));
}

function connected(qp: QueuePair, to: u32, vqpn: u32): bool {
  const options = new ConnectOptions();
  options.vlid = to;
  options.vqpn = vqpn;
  options.timeout = ACK_TIMEOUT;
  return qp.connect(options) === 0;
}

function made<T>(object: T | null): T {
  check(object !== null, "the back-end gives what was asked for");
  return object!;
}
