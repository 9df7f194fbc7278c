import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { assert, Random } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric, type Faults } from "./testing/fabric.ts";

// Traffic of all kinds over links that lose, double, reorder and corrupt: exactly once, in order, intact.

const COUNTER = 0;
const WRITE_AREA = 64;
const OUT_AREA = 200_000;
const IN_AREA = 400_000;
const MESSAGES = 30;
const BYTES_MAX = 6000;

interface Posted {
  readonly opcode: number;
  readonly length: number;
}

/** Posts message `i`, whose bytes tell which it is. */
function post(from: Endpoint, to: Endpoint, random: Random, i: number): Posted {
  const opcode = random.pick([abi.WR_SEND, abi.WR_RDMA_WRITE, abi.WR_RDMA_READ, abi.WR_ATOMIC_FETCH_AND_ADD]);
  const length = random.between(0, BYTES_MAX);
  const out = OUT_AREA + i * BYTES_MAX;
  const atomic = opcode === abi.WR_ATOMIC_FETCH_AND_ADD;
  if (opcode === abi.WR_SEND || opcode === abi.WR_RDMA_WRITE) pattern(from.bytes(out, length), i);
  if (opcode === abi.WR_RDMA_READ) pattern(to.bytes(WRITE_AREA + i * BYTES_MAX, length), i + 100);
  const remoteAddress = to.data + (atomic ? COUNTER : WRITE_AREA + i * BYTES_MAX);
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

function pattern(bytes: Uint8Array, salt: number): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = i * 31 + salt;
}

function expectPattern(bytes: Uint8Array, salt: number): void {
  const wrong = bytes.findIndex((byte, i) => byte !== ((i * 31 + salt) & 0xff));
  assert(wrong < 0, `byte ${wrong} of message ${salt} is wrong`);
}

function verify(from: Endpoint, to: Endpoint, posted: readonly Posted[]): void {
  const completions = from.sendCq.drain();
  expect(completions.map((c) => [c.id, c.status])).toEqual(posted.map((_, i) => [BigInt(i), abi.WC_SUCCESS]));
  const sends = posted.map(({ opcode }, i) => ({ opcode, i })).filter(({ opcode }) => opcode === abi.WR_SEND);
  const received = to.recvCq.drain();
  expect(received.map((c) => c.byteLen)).toEqual(sends.map(({ i }) => posted[i]?.length));
  for (const [slot, { i }] of sends.entries()) {
    expectPattern(to.bytes(IN_AREA + slot * BYTES_MAX, posted[i]?.length ?? 0), i);
  }
  let atomics = 0n;
  for (const [i, { opcode, length }] of posted.entries()) {
    const out = OUT_AREA + i * BYTES_MAX;
    if (opcode === abi.WR_RDMA_WRITE) expectPattern(to.bytes(WRITE_AREA + i * BYTES_MAX, length), i);
    if (opcode === abi.WR_RDMA_READ) expectPattern(from.bytes(out, length), i + 100);
    if (opcode === abi.WR_ATOMIC_FETCH_AND_ADD) {
      expect(from.memory.view.getBigUint64(from.data + out, true)).toBe(atomics++);
    }
  }
  expect(to.memory.view.getBigUint64(to.data + COUNTER, true)).toBe(atomics);
}

function run(seed: number, faults: Faults): void {
  const fabric = new Fabric({ crc32, seed, linkPackets: 40, outstandingPacketsMax: 24 });
  const random = new Random(seed);
  const ends = connectedPair(fabric, {}, { timeout: 8 });
  const [a, b] = ends;
  for (const to of ends) {
    for (let i = 0; i < MESSAGES; i++)
      to.rq.post({ id: BigInt(i), sges: [to.sge(IN_AREA + i * BYTES_MAX, BYTES_MAX)] });
  }
  fabric.faults = faults;
  const posted: [Posted[], Posted[]] = [[], []];
  for (let i = 0; i < MESSAGES; i++) {
    posted[0].push(post(a, b, random, i));
    posted[1].push(post(b, a, random, i));
    if (random.chance(0.3)) fabric.settle(random.float() * 0.2);
  }
  fabric.settle();
  verify(a, b, posted[0]);
  verify(b, a, posted[1]);
}

const rate = fc.double({ min: 0, max: 0.04, noNaN: true });

test("whatever the links do, each message arrives once, in order and intact", () => {
  const faults = fc.record({ drop: rate, duplicate: rate, reorder: rate, corrupt: rate });
  fc.assert(fc.property(fc.nat(), faults, run), { numRuns: 60, seed: 20_260_101 });
});

test("heavy loss alone only takes longer", () => {
  for (let seed = 1; seed <= 5; seed++) run(seed, { drop: 0.1 });
});

test("the same seed gives the same run, packet by packet", () => {
  const trace = (seed: number) => {
    const fabric = new Fabric({ crc32, seed });
    const [a, b] = connectedPair(fabric);
    const packets: number[] = [];
    fabric.filter = (bytes) => packets.push(crc32(bytes)) > 0;
    fabric.faults = { drop: 0.1, duplicate: 0.1, reorder: 0.1 };
    for (let i = 0; i < 10; i++) post(a, b, new Random(i), i);
    for (let i = 0; i < 10; i++) b.rq.post({ id: 1n, sges: [b.sge(IN_AREA, BYTES_MAX)] });
    fabric.settle();
    return packets;
  };
  expect(trace(5)).toEqual(trace(5));
  expect(trace(5)).not.toEqual(trace(6));
});
