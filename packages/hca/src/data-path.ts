import { MULTICAST_QPN, QPS_RTR, QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";
import { assert, type Lid, type Qpn } from "@nomad/base";
import { bthPkey, emptyPacket, isMulticastLid, type Packet, parsePacket, partitionsMatch } from "@nomad/iba";
import { Completer } from "./completer.ts";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { DatagramResponder } from "./datagram-responder.ts";
import { planted } from "./mutants.ts";
import { PacketWriter } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import { ReceiveIntake } from "./receive-intake.ts";
import { Replier } from "./replier.ts";
import { Requester } from "./requester.ts";
import { Responder } from "./responder.ts";
import { SendIntake } from "./send-intake.ts";
import { UnreliableRequester } from "./unreliable-requester.ts";
import { UnreliableResponder } from "./unreliable-responder.ts";

/** Packets that a queue pair may send before the next has its turn. */
const BURST = 16;

/** What happens per packet: packets in, turns at sending, timers. */
export class DataPath {
  readonly requester: Requester;
  readonly sends: SendIntake;
  readonly #context: HcaContext;
  readonly #completions: Completions;
  readonly #completer: Completer;
  readonly #unreliableRequester: UnreliableRequester;
  readonly #responder: Responder;
  readonly #unreliableResponder: UnreliableResponder;
  readonly #datagramResponder: DatagramResponder;
  readonly #replier: Replier;
  readonly #queuePairs: ReadonlyMap<Qpn, QueuePair>;
  readonly #packet: Packet = emptyPacket();

  constructor(context: HcaContext, completions: Completions, queuePairs: ReadonlyMap<Qpn, QueuePair>) {
    const writer = new PacketWriter(context);
    const sends = new SendIntake(context, completions);
    this.sends = sends;
    const receives = new ReceiveIntake(context, completions);
    this.#context = context;
    this.#completions = completions;
    this.#queuePairs = queuePairs;
    this.requester = new Requester(context, writer, sends);
    this.#unreliableRequester = new UnreliableRequester(context, writer, sends, completions);
    this.#completer = new Completer(context, this.requester, sends, completions);
    this.#responder = new Responder(context, receives, completions);
    this.#unreliableResponder = new UnreliableResponder(context, receives, completions);
    this.#datagramResponder = new DatagramResponder(context, receives, completions);
    this.#replier = new Replier(context, writer, completions);
    writer.onMulticast = (bytes, offset, length, mlid) => this.#loopBack(bytes, offset, length, mlid);
  }

  /** `dlid`: the port's own LID, or that of a multicast group. */
  receive(bytes: Uint8Array, offset: number, length: number, slid: Lid, dlid: Lid, now: number): void {
    const { icrc, port, portCounters } = this.#context;
    const packet = this.#packet;
    if (!port.active) {
      portCounters.port_rcv_discards++;
    } else if (offset + length > bytes.length || parsePacket(packet, bytes, offset, length) !== null) {
      portCounters.rx_malformed++;
    } else if (icrc !== null && !icrc.check(bytes, offset, length, slid, dlid) && !planted.skipIcrcCheck) {
      portCounters.rx_icrc_encapsulated++;
    } else if (isMulticastLid(dlid)) {
      this.#deliverToGroup(packet, slid, dlid);
    } else {
      const qp = planted.deliverToWrongQp
        ? [...this.#queuePairs.values()].at(-1)
        : this.#queuePairs.get(packet.destQpn);
      if (qp === undefined) portCounters.rx_unknown_qp++;
      else if (!qp.frozen) this.#deliver(qp, packet, slid, now);
    }
  }

  /** A copy to each queue pair of this port that is in the group (IBA 10.5.3). */
  #deliverToGroup(packet: Packet, slid: Lid, mlid: Lid): void {
    const group = this.#context.groups.find(mlid);
    if (group === undefined || packet.destQpn !== MULTICAST_QPN) {
      this.#context.portCounters.rx_unknown_qp++;
      return;
    }
    for (const qp of group.members) {
      if (qp.frozen || !this.#takes(qp, packet, slid)) continue;
      qp.counters.multicast_rcv_packets++;
      this.#datagramResponder.receive(qp, packet, slid, group.mgid);
    }
  }

  /** Members of a group on this port, the sender included, get what one of them sends. */
  #loopBack(bytes: Uint8Array, offset: number, length: number, mlid: Lid): void {
    if (this.#context.groups.find(mlid) === undefined) return;
    const fault = parsePacket(this.#packet, bytes, offset, length);
    assert(fault === null, "what this adapter sends is a packet");
    this.#deliverToGroup(this.#packet, this.#context.lid, mlid);
  }

  #deliver(qp: QueuePair, packet: Packet, slid: Lid, now: number): void {
    if (!this.#takes(qp, packet, slid)) return;
    if (qp.state === QPS_RTR && !qp.responder.established) {
      qp.responder.established = true;
      this.#context.events.asyncEvent({ kind: "COMM_EST", qpn: qp.qpn });
    }
    if (packet.opcode.role === "response") this.#completer.receive(qp, packet, now);
    else if (qp.type === QPT_RC) this.#responder.receive(qp, packet);
    else if (qp.type === QPT_UC) this.#unreliableResponder.receive(qp, packet);
    else this.#datagramResponder.receive(qp, packet, slid, null);
  }

  /** Delivers what waited for its sender's name, or loses it when nobody has that name. */
  releaseDatagrams(slid: Lid, from: Qpn, known: boolean): void {
    const packet = this.#packet;
    for (const { qp, bytes, mgid } of this.#datagramResponder.held.take(slid, from)) {
      if (!known) qp.counters.rx_unnamed++;
      if (!known || qp.frozen || !qp.responding) continue;
      const fault = parsePacket(packet, bytes, 0, bytes.length);
      assert(fault === null, "what was held was a packet");
      qp.stir();
      this.#datagramResponder.receive(qp, packet, slid, mgid);
    }
  }

  /** Is the packet of its transport, from its peer, in its partition, and does its state take it? Counted either way. */
  #takes(qp: QueuePair, packet: Packet, slid: Lid): boolean {
    const { role, transport } = packet.opcode;
    const ready = role === "response" ? qp.requesting : qp.responding;
    const fromPeer = qp.type === QPT_UD || slid === qp.settings.dlid;
    if (transport !== qp.type || !ready || !fromPeer) {
      qp.counters.rx_refused++;
      return false;
    }
    const pkey = this.#context.port.pkey(qp.settings.pkeyIndex);
    if (!partitionsMatch(bthPkey(packet.bytes, packet.offset), pkey) && !planted.skipPkeyCheck) {
      qp.counters.bad_pkey_cntr++;
      return false;
    }
    qp.stir();
    qp.counters.port_rcv_packets++;
    qp.counters.port_rcv_data += packet.length;
    return true;
  }

  /** The send queue may have new work; in the error state, so may the receive queue. */
  doorbell(qp: QueuePair): void {
    qp.stir();
    qp.requester.translating = false;
    this.#completions.flush(qp);
    this.#context.schedule.add(qp);
  }

  /** True when the budget ran out before the work did. */
  run(now: number, packetsMax: number): boolean {
    const { schedule } = this.#context;
    for (let left = packetsMax; left > 0; ) {
      const qp = schedule.next();
      if (qp === null) return false;
      left -= this.#serve(qp, now, Math.min(left, BURST));
    }
    return !schedule.empty;
  }

  tick(now: number): void {
    const { timers } = this.#context;
    for (let qp = timers.takeDue(now); qp !== null; qp = timers.takeDue(now)) {
      qp.stir();
      this.requester.timerDue(qp, now);
    }
  }

  /** One turn: responses and requests alternate, so that neither starves the other. Returns packets sent. */
  #serve(qp: QueuePair, now: number, packetsMax: number): number {
    let sent = 0;
    qp.stir();
    while (sent < packetsMax && !qp.frozen) {
      const reply = this.#replier.transmit(qp);
      if (reply === "blocked") return sent;
      if (reply === "sent") sent++;
      if (sent === packetsMax) break;
      const request = qp.type === QPT_RC ? this.requester.transmit(qp) : this.#unreliableRequester.transmit(qp);
      if (request === "sent") sent++;
      else if (request === "blocked" || reply === "idle") break;
    }
    this.requester.ensureTimer(qp, now);
    if (sent === packetsMax) this.#context.schedule.add(qp);
    return sent;
  }
}
