import { WC_SUCCESS, WR_ATOMIC_FETCH_AND_ADD, WR_RDMA_READ, WR_RDMA_WRITE, WR_SEND } from "@nomad/abi";
import { assert, type Random } from "@nomad/base";
import type { Endpoint } from "./endpoint.ts";

// Traffic of all kinds between two endpoints, each message by its bytes known from every other.

const COUNTER = 0;
const WRITE_AREA = 64;
const OUT_AREA = 200_000;
const IN_AREA = 400_000;
export const MESSAGE_BYTES_MAX = 6000;

export interface Posted {
  readonly opcode: number;
  readonly length: number;
}

/** Room for so many messages. */
export function postReceives(to: Endpoint, count: number, from = 0): void {
  for (let i = from; i < from + count; i++) {
    to.rq.post({ id: BigInt(i), sges: [to.sge(IN_AREA + i * MESSAGE_BYTES_MAX, MESSAGE_BYTES_MAX)] });
  }
}

/** Posts message `i`, of any kind and length. */
export function postAny(from: Endpoint, to: Endpoint, random: Random, i: number): Posted {
  const opcode = random.pick([WR_SEND, WR_RDMA_WRITE, WR_RDMA_READ, WR_ATOMIC_FETCH_AND_ADD]);
  const length = random.between(0, MESSAGE_BYTES_MAX);
  const out = OUT_AREA + i * MESSAGE_BYTES_MAX;
  const atomic = opcode === WR_ATOMIC_FETCH_AND_ADD;
  if (opcode === WR_SEND || opcode === WR_RDMA_WRITE) fillPattern(from.bytes(out, length), i);
  if (opcode === WR_RDMA_READ) fillPattern(to.bytes(WRITE_AREA + i * MESSAGE_BYTES_MAX, length), i + 100);
  const remoteAddress = to.data + (atomic ? COUNTER : WRITE_AREA + i * MESSAGE_BYTES_MAX);
  from.post({
    id: BigInt(i),
    opcode,
    sges: [from.sge(out, atomic ? 8 : length)],
    remoteAddress,
    rkey: to.region.rkey,
    compareAdd: 1n,
  });
  return { opcode, length };
}

/** Bytes that tell which message they are of. */
export function fillPattern(bytes: Uint8Array, salt: number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + salt;
}

export function assertPattern(bytes: Uint8Array, salt: number): void {
  const wrong = bytes.findIndex((byte, i) => byte !== ((i * 31 + salt) & 0xff));
  assert(wrong < 0, `byte ${wrong} of message ${salt} is wrong`);
}

/** All that was posted has completed once and in order, and each message has had its effect once, intact. */
export function assertDelivered(from: Endpoint, to: Endpoint, posted: readonly Posted[]): void {
  const completions = from.sendCq.drain().map((c) => `${c.id}:${c.status}`);
  const expected = posted.map((_, i) => `${i}:${WC_SUCCESS}`);
  assert(`${completions}` === `${expected}`, `completions are ${completions}`);
  const sends = posted.map(({ opcode }, i) => ({ opcode, i })).filter(({ opcode }) => opcode === WR_SEND);
  const received = to.recvCq.drain().map((c) => c.byteLen);
  assert(`${received}` === `${sends.map(({ i }) => posted[i]?.length)}`, `received lengths are ${received}`);
  for (const [slot, { i }] of sends.entries()) {
    assertPattern(to.bytes(IN_AREA + slot * MESSAGE_BYTES_MAX, posted[i]?.length ?? 0), i);
  }
  let atomics = 0n;
  for (const [i, { opcode, length }] of posted.entries()) {
    const out = OUT_AREA + i * MESSAGE_BYTES_MAX;
    if (opcode === WR_RDMA_WRITE) assertPattern(to.bytes(WRITE_AREA + i * MESSAGE_BYTES_MAX, length), i);
    if (opcode === WR_RDMA_READ) assertPattern(from.bytes(out, length), i + 100);
    if (opcode !== WR_ATOMIC_FETCH_AND_ADD) continue;
    const original = from.memory.view.getBigUint64(from.data + out, true);
    assert(original === atomics++, `atomic ${i} found ${original}`);
  }
  const counted = to.memory.view.getBigUint64(to.data + COUNTER, true);
  assert(counted === atomics, `${counted} of ${atomics} atomics were executed`);
}
