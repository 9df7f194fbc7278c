// Sets up the one connection, and finds the peer.
import { check } from "nomad/check";
import { lookup, publish } from "nomad/rendezvous";
import { CompletionQueue, ConnectOptions, ProtectionDomain, QueuePair, QueuePairOptions } from "nomad/verbs";
import { vlid } from "nomad/vmm";
import { Areas, RECEIVES, SOURCE } from "./areas.ts";
import { fillStatic } from "./pattern.ts";
import { PeerAddress } from "./peer-address.ts";

/** How long the peer may take to come up, ns. */
const PEER_WITHIN: i64 = 60_000_000_000;
/** Work requests: the window, and as much again for WRITEs and their announcements. */
const SEND_ENTRIES: u32 = 128;
/** Local ACK time-out 268 ms: with 7 retries a dead peer is noticed after about two seconds. */
const ACK_TIMEOUT: u32 = 16;

@final
export class Connection {
  readonly areas: Areas;
  readonly cq: CompletionQueue;
  readonly qp: QueuePair;
  peer: PeerAddress = new PeerAddress();

  constructor(
    private readonly name: string,
    private readonly seed: u32,
  ) {
    const pd = required<ProtectionDomain>(ProtectionDomain.allocate(), "protection domain");
    const cq = required<CompletionQueue>(CompletionQueue.create(SEND_ENTRIES + RECEIVES), "completion queue");
    const areas = new Areas(pd);
    const options = new QueuePairOptions();
    options.sendEntries = SEND_ENTRIES;
    options.receiveEntries = RECEIVES;
    options.maxReceiveSge = 2;
    const qp = required<QueuePair>(QueuePair.create(pd, cq, cq, options), "queue pair");
    fillStatic(areas.source.address, SOURCE, seed);
    this.areas = areas;
    this.cq = cq;
    this.qp = qp;
  }

  /** Readies the queue pair for receives; 0 or a negative errno. */
  initialize(): i32 {
    return this.qp.initialize();
  }

  /** Exchanges addresses with the peer and connects. Null, or what went wrong. */
  connect(peerName: string): string | null {
    publish(`pair/${this.name}`, this.address().toText());
    const text = lookup(`pair/${peerName}`, PEER_WITHIN);
    if (text === null) return `${peerName} did not come up`;
    const peer = PeerAddress.parse(text);
    if (peer === null) return `${peerName} published no address: ${text}`;
    this.peer = peer;
    const options = new ConnectOptions();
    options.vlid = peer.vlid;
    options.vqpn = peer.vqpn;
    options.receivePsn = peer.psn;
    options.sendPsn = this.psn;
    options.timeout = ACK_TIMEOUT;
    const status = this.qp.connect(options);
    if (status !== 0) return `connecting to ${peerName} failed: errno ${-status}`;
    return this.meet("connected", peerName, PEER_WITHIN) ? null : `${peerName} did not connect`;
  }

  /** Returns when both have come here, or false after `timeout` ns. */
  meet(place: string, peerName: string, timeout: i64): bool {
    publish(`pair/${this.name}/${place}`, "yes");
    return lookup(`pair/${peerName}/${place}`, timeout) !== null;
  }

  private get psn(): u32 {
    return (this.seed * 2654435761) & 0xffffff;
  }

  private address(): PeerAddress {
    const address = new PeerAddress();
    address.vlid = vlid();
    address.vqpn = this.qp.vqpn;
    address.psn = this.psn;
    address.seed = this.seed;
    address.writeAddress = this.areas.write.address;
    address.writeKey = this.areas.write.key;
    address.sourceAddress = this.areas.source.address;
    address.sourceKey = this.areas.source.key;
    address.countersAddress = this.areas.counters.address;
    address.countersKey = this.areas.counters.key;
    return address;
  }
}

function required<T>(made: T | null, what: string): T {
  check(made !== null, `the back-end gave no ${what}`);
  return made!;
}
