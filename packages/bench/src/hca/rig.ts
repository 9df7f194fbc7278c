import {
  access,
  type CompletionQueue,
  type Context,
  connectQp,
  type HeapBuffer,
  type MemoryRegion,
  type QueuePair,
} from "@nomad/verbs";
import { messageBytes, window } from "./amounts.ts";

/** What one side needs to know of the other's rig. Plain data, for another process. */
export interface RigAddress {
  readonly lid: number;
  readonly echoQpn: number;
  readonly streamQpn: number;
  readonly remoteAddress: number;
  readonly rkey: number;
}

const everything = access.LOCAL_WRITE | access.REMOTE_WRITE | access.REMOTE_READ;

/** The queue pairs of one side: one whose messages are sent back one by one, one whose messages stream one way. */
export class Rig {
  readonly context: Context;
  readonly echoCq: CompletionQueue;
  readonly streamCq: CompletionQueue;
  readonly echo: QueuePair;
  readonly stream: QueuePair;
  readonly buffer: HeapBuffer;
  readonly mr: MemoryRegion;

  constructor(context: Context, bufferBytes: number) {
    this.context = context;
    const pd = context.allocPd();
    this.echoCq = context.createCq({ entries: 16 });
    this.streamCq = context.createCq({ entries: 8 * window });
    this.echo = pd.createQp({ sendCq: this.echoCq, recvCq: this.echoCq, maxSendWr: 8, maxRecvWr: 8 });
    this.stream = pd.createQp({ sendCq: this.streamCq, recvCq: this.streamCq, maxRecvWr: 4 * window });
    this.buffer = context.alloc(Math.max(bufferBytes, messageBytes));
    this.mr = pd.regMr(this.buffer, everything);
  }

  get address(): RigAddress {
    const { lid } = this.context;
    const { address: remoteAddress, rkey } = this.mr;
    return { lid, echoQpn: this.echo.qpn, streamQpn: this.stream.qpn, remoteAddress, rkey };
  }

  connect(peer: RigAddress): void {
    connectQp(this.echo, { lid: peer.lid, qpn: peer.echoQpn, psn: 0 }, 0);
    connectQp(this.stream, { lid: peer.lid, qpn: peer.streamQpn, psn: 0 }, 0);
  }
}
