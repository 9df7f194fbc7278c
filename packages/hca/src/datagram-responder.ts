import { GRH_BYTES, WC_GRH, WC_RECV, WC_SUCCESS, WC_WITH_IMM } from "@nomad/abi";
import type { Lid } from "@nomad/base";
import { bthPkey, dethQkey, dethSourceQpn, gidOf, immDt, type Packet, writeGrh } from "@nomad/iba";
import type { Completions } from "./completions.ts";
import type { HcaContext } from "./context.ts";
import { HeldDatagrams } from "./held-datagrams.ts";
import { planted } from "./mutants.ts";
import type { QueuePair } from "./queue-pair.ts";
import type { ReceiveIntake } from "./receive-intake.ts";
import type { DatagramSource } from "./types.ts";

/**
 * Takes datagrams (IBA 9.8.3). What does not fit, finds no receive work request or has the wrong Q_Key is dropped. The
 * buffer begins with a global route header, made from the addresses: the wire carries none.
 */
export class DatagramResponder {
  readonly #context: HcaContext;
  readonly #completions: Completions;
  readonly #intake: ReceiveIntake;
  readonly held = new HeldDatagrams();
  readonly #grh = new Uint8Array(GRH_BYTES);

  constructor(context: HcaContext, intake: ReceiveIntake, completions: Completions) {
    this.#context = context;
    this.#intake = intake;
    this.#completions = completions;
  }

  /** `mgid`: of the group that it came to, or null for one to the port. */
  receive(qp: QueuePair, packet: Packet, slid: Lid, mgid: Uint8Array | null): void {
    const deth = packet.offset + (packet.opcode.at.deth as number);
    if (dethQkey(packet.bytes, deth) !== qp.settings.qkey && !planted.skipQkeyCheck) {
      qp.counters.qkey_viol_cntr++;
      return;
    }
    const from = dethSourceQpn(packet.bytes, deth);
    const source = this.#context.events.datagramSource?.(qp.qpn, slid, from) ?? null;
    if (source === "pending") {
      const bytes = packet.bytes.slice(packet.offset, packet.offset + packet.length);
      if (!this.held.hold(slid, from, { qp, bytes, mgid })) qp.counters.rx_unnamed++;
      return;
    }
    const taken = this.#intake.take(qp);
    if (taken === "none") qp.counters.out_of_buffer++;
    if (taken === "malformed") this.#intake.fail(qp, taken);
    if (taken === "spoilt") this.#completions.enterError(qp);
    if (taken === "held") this.#place(qp, packet, source ?? { lid: slid, qpn: from, dlid: null }, mgid);
  }

  /** A datagram that is too long is dropped; the work request stays for the next. */
  #place(qp: QueuePair, packet: Packet, source: DatagramSource, mgid: Uint8Array | null): void {
    const { sges } = qp.responder.receive;
    if (GRH_BYTES + packet.payloadBytes > sges.bytes) {
      qp.counters.resp_local_length_error++;
      return;
    }
    const own = source.dlid === null ? (this.#context.port.gids[0] as Uint8Array) : gidOf(source.dlid as Lid);
    writeGrh(this.#grh, 0, packet.length, gidOf(source.lid as Lid), mgid ?? own);
    const placed =
      sges.scatter(0, GRH_BYTES, this.#grh, 0) &&
      sges.scatter(planted.omitGrh ? 0 : GRH_BYTES, packet.payloadBytes, packet.bytes, packet.payloadOffset);
    if (placed) this.#complete(qp, packet, source);
    else this.#intake.fail(qp, "protection");
  }

  #complete(qp: QueuePair, packet: Packet, source: DatagramSource): void {
    const { bytes, offset, opcode } = packet;
    const completion = this.#completions.beginReceive(qp, WC_SUCCESS, WC_RECV, GRH_BYTES + packet.payloadBytes);
    completion.flags = WC_GRH;
    if (opcode.immediate) {
      completion.flags |= WC_WITH_IMM;
      completion.immediate = immDt(bytes, offset + (opcode.at.immDt as number));
    }
    completion.srcQp = source.qpn;
    completion.slid = source.lid;
    completion.pkeyIndex = this.#context.port.pkeyIndex(bthPkey(bytes, offset));
    completion.solicited = packet.solicited;
    this.#completions.endReceive(qp, completion);
  }
}
