import { GRH_BYTES } from "@nomad/abi";
import { readyUd, type SendWr } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, type EndOptions, makeEnd } from "./ends.ts";
import type { Lab } from "./lab.ts";
import { fill, statusOf } from "./work.ts";

export const QKEY = 200;

/** Two ends for datagrams, ready, with different bytes in their buffers. */
export function datagramPair(lab: Lab, options: EndOptions = {}): { readonly a: End; readonly b: End } {
  const [a, b] = [lab.context(0), lab.context(1)].map((context) => makeEnd(context, { ...options, type: "UD" }));
  if (a === undefined || b === undefined) throw new Error("a pair has two ends");
  for (const { qp } of [a, b]) readyUd(qp, QKEY);
  fill(a.buffer.bytes, 1);
  b.buffer.bytes.fill(0xbb);
  return { a, b };
}

export type Target = NonNullable<Extract<SendWr, { opcode: "WR_SEND" }>["ud"]>;

/** Where datagrams from one end to another go. */
export function targetOf(from: End, to: End, change: Partial<Target> = {}): Target {
  return { ah: from.pd.createAh({ dlid: to.context.lid }), remoteQpn: to.qp.qpn, remoteQkey: QKEY, ...change };
}

/** A SEND of the first bytes of the buffer. */
export function datagram(from: End, length: number, ud: Target): SendWr {
  return { wrId: 1, opcode: "WR_SEND", signaled: true, sgList: [from.mr.sge(0, length)], ud };
}

/** Posts a receive for a datagram of `length` bytes and the header before them. */
export function postReceive(to: End, length: number, wrId = 0): void {
  to.qp.postRecv({ wrId, sgList: [to.mr.sge(0, GRH_BYTES + length)] });
}

/** A datagram of `length` bytes arrives with its header before it, in the receive work request `wrId`. */
export async function expectArrival(lab: Lab, from: End, to: End, length: number, wrId = 0): Promise<void> {
  const received = await lab.completion(to.recvCq);
  expect(received).toMatchObject({ wrId, status: "WC_SUCCESS", opcode: "WC_RECV", grh: true, qpNum: to.qp.qpn });
  expect(received).toMatchObject({ byteLen: GRH_BYTES + length, srcQp: from.qp.qpn, slid: from.context.lid });
  const payload = to.buffer.bytes.subarray(GRH_BYTES, GRH_BYTES + length);
  expect(payload.equals(from.buffer.bytes.subarray(0, length))).toBe(true);
}

/**
 * What the receiver could not take was dropped without a word: nothing completed, and the receive work request that is
 * posted takes the next datagram, a small one (IBA 9.8.3, class D faults).
 */
export async function expectUnharmed(lab: Lab, from: End, to: End): Promise<void> {
  await lab.calm();
  expect(to.recvCq.poll()).toEqual([]);
  expect(to.buffer.bytes.every((byte) => byte === 0xbb)).toBe(true);
  expect(await statusOf(lab, from, datagram(from, 10, targetOf(from, to)))).toBe("WC_SUCCESS");
  await expectArrival(lab, from, to, 10);
}
