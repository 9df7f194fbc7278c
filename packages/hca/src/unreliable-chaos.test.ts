import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { Random } from "@nomad/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { WorkCompletion } from "./queues/index.ts";
import { datagramPair, type Endpoint, QKEY, unreliablePair } from "./testing/endpoint.ts";
import { Fabric, type Faults } from "./testing/fabric.ts";

// Unreliable transports over links that lose, double, reorder and corrupt: what arrives is whole and intact, and it is in
// order as long as the links keep it.

const MESSAGES = 40;
const BYTES_MAX = 4000;
const rate = fc.double({ min: 0, max: 0.05, noNaN: true });

type Target = { readonly ah: number; readonly qpn: number; readonly qkey: number };

/** Sends messages that tell by immediate data which they are, each of bytes that say so too; what came, in order. */
function run(fabric: Fabric, a: Endpoint, b: Endpoint, seed: number, ud?: Target): WorkCompletion[] {
  const random = new Random(seed);
  const header = ud === undefined ? 0 : abi.GRH_BYTES;
  for (let i = 0; i < MESSAGES; i++) b.rq.post({ id: BigInt(i), sges: [b.sge(i * 5000, 5000)] });
  for (let i = 0; i < MESSAGES; i++) {
    const length = random.between(1, BYTES_MAX);
    a.bytes(i * BYTES_MAX, length).fill(i + 1);
    const message = {
      opcode: abi.WR_SEND_WITH_IMM,
      immediate: (i << 16) | length,
      sges: [a.sge(i * BYTES_MAX, length)],
    };
    a.post({ id: BigInt(i), ...message, ...(ud && { ud }) });
    if (random.chance(0.3)) fabric.settle(0.05);
  }
  fabric.settle();
  expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual(
    Array.from({ length: MESSAGES }, (_, i) => [BigInt(i), 0]),
  );
  const received = b.recvCq.drain();
  for (const { id, immediate, byteLen, status } of received) {
    const [message, length] = [(immediate as number) >>> 16, (immediate as number) & 0xffff];
    expect([status, byteLen]).toEqual([0, length + header]);
    const bytes = b.bytes(Number(id) * 5000 + header, length);
    expect(bytes.every((byte) => byte === message + 1)).toBe(true);
  }
  return received;
}

function expectAscending(received: readonly WorkCompletion[]): void {
  const order = received.map(({ immediate }) => (immediate as number) >>> 16);
  expect(order).toEqual([...new Set(order)].toSorted((x, y) => x - y));
}

const all = fc.record({ drop: rate, duplicate: rate, reorder: rate, corrupt: rate });
const lossOnly = fc.record({ drop: rate, corrupt: rate });

function connected(seed: number, faults: Faults): WorkCompletion[] {
  const fabric = new Fabric({ crc32, seed });
  const [a, b] = unreliablePair(fabric);
  fabric.faults = faults;
  return run(fabric, a, b, seed);
}

function datagrams(seed: number, faults: Faults): WorkCompletion[] {
  const fabric = new Fabric({ crc32, seed });
  const [a, b] = datagramPair(fabric);
  const ah = a.adapter.hca.createAh({ pd: a.pd, dlid: b.adapter.lid });
  fabric.faults = faults;
  return run(fabric, a, b, seed, { ah, qpn: b.qpn, qkey: QKEY });
}

test.each([
  ["an unreliable connection", connected],
  ["datagrams", datagrams],
])("%s: whatever the links do, a message that arrives is whole and intact", (_, send) => {
  fc.assert(
    fc.property(fc.nat(), all, (seed, faults) => void send(seed, faults)),
    { numRuns: 40, seed: 20_260_102 },
  );
});

test.each([
  ["an unreliable connection", connected],
  ["datagrams", datagrams],
])("%s: where packets are only lost, messages come in order and once, and without loss all of them", (_, send) => {
  fc.assert(
    fc.property(fc.nat(), lossOnly, (seed, faults) => expectAscending(send(seed, faults))),
    { numRuns: 25, seed: 20_260_103 },
  );
  expect(send(1, {})).toHaveLength(MESSAGES);
});
