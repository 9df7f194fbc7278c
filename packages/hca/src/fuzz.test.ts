import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { Random } from "@nomad/base";
import { Icrc, opcodes, writeBth } from "@nomad/iba";
import fc from "fast-check";
import { expect, test } from "vitest";
import { connectedPair, datagramPair, type Endpoint, unreliablePair } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

const seeds = fc.integer({ min: 0, max: 2 ** 31 });

test("garbage packets are dropped and counted, and traffic goes on", () => {
  const fabric = new Fabric({ crc32 });
  const [a, b] = connectedPair(fabric);
  const { hca } = b.adapter;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => hca.receive(bytes, 0, bytes.length, a.adapter.lid, 0)),
    { numRuns: 1000 },
  );
  const { rx_malformed, rx_icrc_encapsulated } = hca.counters;
  expect(rx_malformed + rx_icrc_encapsulated).toBe(1000);
  b.rq.post({ id: 1n });
  a.post({ id: 1n, opcode: abi.WR_SEND });
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ status: abi.WC_SUCCESS }]);
});

test("a length that runs past the bytes given is no packet", () => {
  const fabric = new Fabric({ crc32 });
  const [a, b] = connectedPair(fabric);
  b.adapter.hca.receive(new Uint8Array(40), 8, 36, a.adapter.lid, 0);
  expect(b.adapter.hca.counters.rx_malformed).toBe(1);
});

/** A packet of the peer's that has every form right and says anything. */
function forged(random: Random, to: Endpoint, near: number): Uint8Array {
  const opcode = random.pick(opcodes.filter((o) => o !== undefined));
  const payload = opcode.payload === "none" ? 0 : 4 * random.between(1, 300);
  const bytes = new Uint8Array(opcode.headerBytes + payload + 4);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.between(0, 255);
  if (opcode.at.reth !== undefined && random.chance(0.7)) {
    const view = new DataView(bytes.buffer);
    view.setBigUint64(opcode.at.reth, BigInt(to.data + random.between(0, 4000)));
    view.setUint32(opcode.at.reth + 8, to.region.rkey);
    view.setUint32(opcode.at.reth + 12, random.between(0, 5000));
  }
  const psn = (near + random.between(-3, 3)) & 0xffffff;
  writeBth(
    bytes,
    0,
    opcode.code,
    random.chance(0.5),
    0,
    to.qpn,
    random.chance(0.5),
    psn as Parameters<typeof writeBth>[7],
  );
  new Icrc(crc32).write(bytes, 0, bytes.length, peerLid, to.adapter.lid);
  return bytes;
}

const peerLid = 2 as Endpoint["adapter"]["lid"];

test("well-formed packets that break every rule neither throw nor reach memory that has no key", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new Random(seed);
      const fabric = new Fabric({ crc32, seed });
      const [a] = connectedPair(fabric);
      for (let i = 0; i < 5; i++) a.rq.post({ id: 1n, sges: [a.sge(0, 2000)] });
      const write = { opcode: abi.WR_RDMA_READ, sges: [a.sge(0, 5000)] };
      for (let i = 0; i < 3; i++) a.sq.post({ id: 1n, ...write });
      const sendRing = () => crc32(a.memory.bytes.subarray(a.sq.location.ring, a.rq.location.record));
      const guarded = sendRing();
      for (let i = 0; i < 60; i++) {
        const { rqPsn } = a.adapter.hca.queryQp(a.qpn);
        const packet = forged(random, a, random.chance(0.5) ? rqPsn : 0xfffff0 + i);
        a.adapter.hca.receive(packet, 0, packet.length, peerLid, fabric.now);
        fabric.settle(0.05);
      }
      expect(sendRing()).toBe(guarded);
    }),
    { numRuns: 150 },
  );
});

test("garbage in work queues, records and completion queues harms nobody else, never throws, never loops", () => {
  fc.assert(
    fc.property(seeds, (seed) => {
      const random = new Random(seed);
      const fabric = new Fabric({ crc32, seed });
      const [a, b] = connectedPair(fabric);
      const data = () => crc32(b.memory.bytes.subarray(b.data));
      const before = data();
      for (let round = 0; round < 8; round++) {
        const area = random.chance(0.5) ? a.data : abi.QUEUE_RECORD_BYTES * 8;
        for (let i = 0; i < 400; i++) a.memory.bytes[random.between(0, area - 1)] = random.between(0, 255);
        a.memory.words[(a.sq.location.record + abi.QUEUE_PRODUCER) >> 2] = random.between(0, 80);
        a.adapter.hca.doorbell(a.qpn);
        b.post({ id: 1n, opcode: abi.WR_SEND, inline: Uint8Array.of(round) });
        fabric.settle(2);
      }
      expect(data()).toBe(before);
    }),
    { numRuns: 100 },
  );
});

const unreliable = [
  ["unreliable connections", unreliablePair],
  ["datagrams", datagramPair],
] as const;

test.each(unreliable)(
  "garbage in the queues of %s never throws, never loops, and reaches nobody's memory",
  (_, makePair) => {
    fc.assert(
      fc.property(seeds, (seed) => {
        const random = new Random(seed);
        const fabric = new Fabric({ crc32, seed });
        const [a, b] = makePair(fabric);
        const before = crc32(b.memory.bytes);
        a.adapter.hca.createAh({ pd: a.pd, dlid: b.adapter.lid });
        for (let round = 0; round < 8; round++) {
          for (let i = 0; i < 400; i++) a.memory.bytes[random.between(0, a.data - 1)] = random.between(0, 255);
          a.memory.words[(a.sq.location.record + abi.QUEUE_PRODUCER) >> 2] = random.between(0, 80);
          a.adapter.hca.doorbell(a.qpn);
          fabric.settle(2);
          const recovers = a.adapter.hca.queryQp(a.qpn).state === abi.QPS_SQE;
          if (recovers) a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_RTS }, fabric.now);
        }
        expect(crc32(b.memory.bytes)).toBe(before);
      }),
      { numRuns: 60 },
    );
  },
);

test("a producer far beyond the ring fails the queue pair and flushes one ring's worth at most", () => {
  const fabric = new Fabric({ crc32 });
  const [a] = connectedPair(fabric);
  a.memory.words[(a.sq.location.record + abi.QUEUE_PRODUCER) >> 2] = -5;
  a.adapter.hca.doorbell(a.qpn);
  fabric.settle();
  expect(a.adapter.events.async).toEqual([{ kind: "QP_FATAL", qpn: a.qpn }]);
  expect(a.sendCq.drain()).toHaveLength(64);
  expect(a.sq.used).toBe(0);
  a.post({ id: 7n, opcode: abi.WR_SEND });
  expect(a.sendCq.drain()).toMatchObject([{ id: 7n, status: abi.WC_WR_FLUSH_ERR }]);
  expect(a.adapter.hca.queryQp(a.qpn).state).toBe(abi.QPS_ERR);
});
