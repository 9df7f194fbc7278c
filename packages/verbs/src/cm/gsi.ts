import { GRH_BYTES } from "@nomad/abi";
import type { AddressHandle } from "../address-handle.ts";
import type { CompletionQueue } from "../completion-queue.ts";
import { readyUd } from "../connect.ts";
import type { Context } from "../context.ts";
import type { HeapBuffer } from "../heap.ts";
import type { MemoryRegion } from "../memory-region.ts";
import { access } from "../names.ts";
import type { ProtectionDomain } from "../protection-domain.ts";
import { QueuePair } from "../queue-pair.ts";
import type { WorkCompletion } from "../work-completion.ts";
import { MAD_BYTES } from "./layout.ts";

const GSI_QPN = 1;
/** The well-known Q_Key of QP1 (IBA 10.2.5); its highest bit says: that of the sending queue pair. */
const GSI_QKEY = 0x80010000;
const RECVS = 64;
const SENDS = 64;
const SLOT_BYTES = 512;

/**
 * The general services interface of a port: management datagrams to and from QP1 of others, over an ordinary UD queue
 * pair. Datagrams are lost when there are more than can be held.
 */
export class Gsi {
  readonly #context: Context;
  readonly #pd: ProtectionDomain;
  readonly #cq: CompletionQueue;
  readonly #qp: QueuePair;
  readonly #buffer: HeapBuffer;
  readonly #mr: MemoryRegion;
  readonly #handles = new Map<number, AddressHandle>();
  readonly #onMad: (slid: number, mad: Uint8Array) => void;
  #sending = 0;

  /** @throws NomadError E_BUSY when QP1 is in use. */
  constructor(context: Context, onMad: (slid: number, mad: Uint8Array) => void) {
    this.#context = context;
    this.#onMad = onMad;
    this.#pd = context.allocPd();
    this.#cq = context.createCq({ entries: RECVS + SENDS });
    this.#qp = QueuePair.gsi(this.#pd, {
      type: "UD",
      sendCq: this.#cq,
      recvCq: this.#cq,
      maxRecvWr: RECVS,
      maxSendWr: SENDS,
      maxInlineData: MAD_BYTES,
    });
    this.#buffer = context.alloc(RECVS * SLOT_BYTES);
    this.#mr = this.#pd.regMr(this.#buffer, access.LOCAL_WRITE);
    readyUd(this.#qp, GSI_QKEY);
    for (let slot = 0; slot < RECVS; slot++) this.#postRecv(slot);
    void this.#serve();
  }

  send(lid: number, mad: Uint8Array): void {
    if (this.#context.closed || this.#sending >= SENDS) return;
    this.#sending++;
    const ud = { ah: this.#handle(lid), remoteQpn: GSI_QPN, remoteQkey: GSI_QKEY };
    this.#qp.postSend({ opcode: "WR_SEND", inline: mad, ud });
  }

  async #serve(): Promise<void> {
    for await (const wc of this.#cq) {
      if (wc.opcode === "WC_SEND") this.#sending--;
      else if (wc.status === "WC_SUCCESS") this.#received(wc);
    }
  }

  #received({ wrId: slot, byteLen, slid }: WorkCompletion): void {
    const from = slot * SLOT_BYTES;
    const mad = Uint8Array.from(this.#buffer.bytes.subarray(from + GRH_BYTES, from + byteLen));
    this.#postRecv(slot);
    this.#onMad(slid, mad);
  }

  #postRecv(slot: number): void {
    this.#qp.postRecv({ wrId: slot, sgList: [this.#mr.sge(slot * SLOT_BYTES, SLOT_BYTES)] });
  }

  #handle(lid: number): AddressHandle {
    const handle = this.#handles.get(lid) ?? this.#pd.createAh({ dlid: lid });
    this.#handles.set(lid, handle);
    return handle;
  }
}
