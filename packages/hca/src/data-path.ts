import type { Lid, Qpn } from "@nomad/base";
import { bthPkey, emptyPacket, type Packet, PKEY_DEFAULT, parsePacket } from "@nomad/iba";
import { Completer } from "./completer.ts";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { PacketWriter } from "./packet-writer.ts";
import type { QueuePair } from "./queue-pair.ts";
import { Replier } from "./replier.ts";
import { Requester } from "./requester.ts";
import { Responder } from "./responder.ts";

/** Packets that a queue pair may send before the next has its turn. */
const BURST = 16;

/** What happens per packet: packets in, turns at sending, timers. */
export class DataPath {
  readonly requester: Requester;
  readonly #context: HcaContext;
  readonly #completions: Completions;
  readonly #completer: Completer;
  readonly #responder: Responder;
  readonly #replier: Replier;
  readonly #queuePairs: ReadonlyMap<Qpn, QueuePair>;
  readonly #packet: Packet = emptyPacket();

  constructor(context: HcaContext, completions: Completions, queuePairs: ReadonlyMap<Qpn, QueuePair>) {
    const writer = new PacketWriter(context);
    this.#context = context;
    this.#completions = completions;
    this.#queuePairs = queuePairs;
    this.requester = new Requester(context, writer, completions);
    this.#completer = new Completer(context, this.requester, completions);
    this.#responder = new Responder(context, completions);
    this.#replier = new Replier(context, writer, completions);
  }

  receive(bytes: Uint8Array, offset: number, length: number, slid: Lid, now: number): void {
    const { icrc, lid, portCounters } = this.#context;
    const packet = this.#packet;
    if (offset + length > bytes.length || parsePacket(packet, bytes, offset, length) !== null) {
      portCounters.rx_malformed++;
      return;
    }
    if (icrc !== null && !icrc.check(bytes, offset, length, slid, lid)) {
      portCounters.rx_icrc_encapsulated++;
      return;
    }
    const qp = this.#queuePairs.get(packet.destQpn);
    if (qp === undefined) portCounters.rx_unknown_qp++;
    else if (!qp.frozen) this.#deliver(qp, packet, slid, now);
  }

  #deliver(qp: QueuePair, packet: Packet, slid: Lid, now: number): void {
    const responds = packet.opcode.role === "response";
    const takes = responds ? qp.requesting : qp.responding;
    if (!takes || slid !== qp.settings.dlid || bthPkey(packet.bytes, packet.offset) !== PKEY_DEFAULT) {
      qp.counters.rx_refused++;
      return;
    }
    qp.counters.port_rcv_packets++;
    qp.counters.port_rcv_data += packet.length;
    if (responds) this.#completer.receive(qp, packet, now);
    else this.#responder.receive(qp, packet);
  }

  /** The send queue may have new work; in the error state, so may the receive queue. */
  doorbell(qp: QueuePair): void {
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
    for (let qp = timers.takeDue(now); qp !== null; qp = timers.takeDue(now)) this.requester.timerDue(qp, now);
  }

  /** One turn: responses and requests alternate, so that neither starves the other. Returns packets sent. */
  #serve(qp: QueuePair, now: number, packetsMax: number): number {
    let sent = 0;
    while (sent < packetsMax && !qp.frozen) {
      const reply = this.#replier.transmit(qp);
      if (reply === "blocked") return sent;
      if (reply === "sent") sent++;
      if (sent === packetsMax) break;
      const request = this.requester.transmit(qp);
      if (request === "sent") sent++;
      else if (request === "blocked" || reply === "idle") break;
    }
    this.requester.ensureTimer(qp, now);
    if (sent === packetsMax) this.#context.schedule.add(qp);
    return sent;
  }
}
