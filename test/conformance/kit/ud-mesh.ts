import { GRH_BYTES } from "@nomad/abi";
import {
  type AddressHandle,
  type CompletionQueue,
  type Context,
  type MemoryRegion,
  type QueuePair,
  readyUd,
  type WorkCompletion,
} from "@nomad/verbs";
import { expect } from "vitest";
import { QKEY } from "./datagrams.ts";
import { allAccess } from "./ends.ts";
import type { Lab } from "./lab.ts";
import { isMarked, mark } from "./marks.ts";
import { take } from "./tasks.ts";

export interface MeshOptions {
  readonly senders: number;
  readonly targets: number;
  /** Does each sender use an address handle of its own? Otherwise all use one. */
  readonly ownHandles?: boolean;
  /** Of the largest datagram. Default 4096. */
  readonly bytesMax?: number;
  /** Datagrams that each sender sends in a round. Default 8. */
  readonly perSender?: number;
}

/** The target and the length of the `index`th datagram of a sender. */
export interface Plan {
  readonly target: (sender: number, index: number) => number;
  /** At least 8. */
  readonly bytes: (sender: number, index: number) => number;
}

/** A queue pair of a mesh. */
interface Station {
  readonly qp: QueuePair;
  readonly cq: CompletionQueue;
  /** Its own. */
  readonly mr: MemoryRegion;
  readonly bytes: Buffer;
}

interface Sent {
  readonly bytes: number;
  readonly qpn: number;
}

/** A datagram begins with the number by which it is known. */
const NUMBER_BYTES = 8;

/** Datagrams from many queue pairs of one port to many of another. Every byte is checked. */
export class UdMesh {
  readonly perSender: number;
  readonly #senders: readonly Station[];
  readonly #targets: readonly Station[];
  readonly #handles: readonly AddressHandle[];
  readonly #slotBytes: number;
  /** Datagrams that have been sent and not arrived, by number. */
  readonly #underWay = new Map<number, Sent>();
  #next = 1;

  constructor(lab: Lab, options: MeshOptions) {
    const { senders, targets, ownHandles = false, bytesMax = 4096, perSender = 8 } = options;
    this.perSender = perSender;
    this.#slotBytes = Math.ceil((GRH_BYTES + bytesMax) / 8) * 8;
    this.#senders = stations(lab.context(0), senders, perSender, this.#slotBytes);
    this.#targets = stations(lab.context(1), targets, senders * perSender, this.#slotBytes);
    const { pd } = (this.#senders[0] as Station).qp;
    const dlid = lab.context(1).lid;
    const handles = Array.from({ length: ownHandles ? senders : 1 }, () => pd.createAh({ dlid }));
    this.#handles = this.#senders.map((_, i) => handles[i % handles.length] as AddressHandle);
  }

  /** All senders send, to targets that can take it all; all of it arrives, once. */
  async round(plan: Plan): Promise<void> {
    const due = this.#targets.map(() => 0);
    this.#each((sender, i) => {
      const target = plan.target(sender, i);
      due[target] = (due[target] as number) + 1;
    });
    this.postReceives((target) => due[target] as number);
    await this.send(plan);
    const arrivals = this.#targets.map(({ cq }, target) => take(cq, due[target] as number));
    for (const [target, wcs] of (await Promise.all(arrivals)).entries()) this.#verify(target, wcs);
    expect(this.#underWay.size, "datagrams that have not arrived").toBe(0);
  }

  postReceives(count: (target: number) => number): void {
    for (const [target, { qp, mr }] of this.#targets.entries()) {
      for (let slot = 0; slot < count(target); slot++) {
        qp.postRecv({ wrId: slot, sgList: [mr.sge(slot * this.#slotBytes, this.#slotBytes)] });
      }
    }
  }

  /** All senders send; each send completes. */
  async send(plan: Plan): Promise<void> {
    this.#each((sender, i) => this.#post(sender, i, plan));
    const completions = await Promise.all(this.#senders.map(({ cq }) => take(cq, this.perSender)));
    const outcomes = completions.flat().map(({ wrId, status, opcode }) => [wrId, status, opcode]);
    const ids = this.#senders.flatMap(() => Array.from({ length: this.perSender }, (_, i) => i));
    expect(outcomes).toEqual(ids.map((id) => [id, "WC_SUCCESS", "WC_SEND"]));
  }

  /** How many have arrived that were not counted before; the rest of what was sent is given up for lost. */
  settle(): number {
    let count = 0;
    for (const [target, { cq }] of this.#targets.entries()) {
      const wcs = cq.poll(cq.entries);
      this.#verify(target, wcs);
      count += wcs.length;
    }
    this.#underWay.clear();
    return count;
  }

  #each(action: (sender: number, index: number) => void): void {
    for (let i = 0; i < this.perSender; i++) for (const sender of this.#senders.keys()) action(sender, i);
  }

  #post(sender: number, index: number, plan: Plan): void {
    const { qp, mr, bytes: buffer } = this.#senders[sender] as Station;
    const target = (this.#targets[plan.target(sender, index)] as Station).qp;
    const bytes = plan.bytes(sender, index);
    const offset = index * this.#slotBytes;
    const number = this.#next++;
    const slot = buffer.subarray(offset, offset + bytes);
    slot.writeBigUInt64BE(BigInt(number));
    mark(slot.subarray(NUMBER_BYTES), number);
    this.#underWay.set(number, { bytes, qpn: qp.qpn });
    const ud = { ah: this.#handles[sender] as AddressHandle, remoteQpn: target.qpn, remoteQkey: QKEY };
    qp.postSend({ wrId: index, opcode: "WR_SEND", sgList: [mr.sge(offset, bytes)], ud });
  }

  /** Each is one that is under way, from who sent it, and intact. */
  #verify(target: number, wcs: readonly WorkCompletion[]): void {
    const { bytes: buffer } = this.#targets[target] as Station;
    for (const { wrId, status, byteLen, srcQp } of wcs) {
      expect(status).toBe("WC_SUCCESS");
      const at = wrId * this.#slotBytes + GRH_BYTES;
      const number = Number(buffer.readBigUInt64BE(at));
      const sent = this.#underWay.get(number);
      expect([sent?.bytes, sent?.qpn]).toEqual([byteLen - GRH_BYTES, srcQp]);
      const rest = buffer.subarray(at + NUMBER_BYTES, at - GRH_BYTES + byteLen);
      expect(isMarked(rest, number), `datagram ${number}`).toBe(true);
      this.#underWay.delete(number);
    }
  }
}

/** So many queue pairs of one domain, each with room for so many datagrams. */
function stations(context: Context, count: number, slots: number, slotBytes: number): Station[] {
  const pd = context.allocPd();
  return Array.from({ length: count }, () => {
    const cq = context.createCq({ entries: slots });
    const rings = { maxSendWr: slots, maxRecvWr: slots, maxSendSge: 1, maxRecvSge: 1, maxInlineData: 0 };
    const qp = pd.createQp({ ...rings, type: "UD", sendCq: cq, recvCq: cq });
    readyUd(qp, QKEY);
    const buffer = context.alloc(slots * slotBytes);
    return { qp, cq, mr: pd.regMr(buffer, allAccess), bytes: buffer.bytes };
  });
}
