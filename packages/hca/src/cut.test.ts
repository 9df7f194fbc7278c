import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import { beforeEach, describe, expect, test } from "vitest";
import type { SendWr } from "./queues/index.ts";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import { cutAndAbort, moveWithCut } from "./testing/move.ts";
import { assertPattern, fillPattern } from "./testing/traffic.ts";

// Each operation, cut after each of its packets, whoever moves: it has its effect once.

const BYTES = 3500;
const COUNTER = 64;
const TARGET = 10_000;
const LOCAL = 20_000;
const RECEIVED = 30_000;
const MARK = 0xee;

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
});

interface Operation {
  readonly wr: () => Omit<SendWr, "id">;
  readonly prepare?: () => void;
  /** While both ends are frozen. */
  readonly whileFrozen?: () => void;
  /** What is received of it: bytes and immediate data. */
  readonly received?: { readonly byteLen: number; readonly immediate: number | null };
  readonly verify: () => void;
}

const remote = (offset: number) => ({ remoteAddress: b.data + offset, rkey: b.region.rkey });
const counter = () => b.memory.view.getBigUint64(b.data + COUNTER, true);
const result = () => a.memory.view.getBigUint64(a.data + LOCAL, true);
const setCounter = () => b.memory.view.setBigUint64(b.data + COUNTER, 40n, true);
const fillLocal = () => fillPattern(a.bytes(LOCAL, BYTES), 1);

/** What a WRITE has placed before the cut is overwritten: it must not come again. */
let placed = 0;
function markPlaced(): void {
  const bytes = b.bytes(TARGET, BYTES);
  const pattern = a.bytes(LOCAL, BYTES);
  placed = bytes.findLastIndex((byte, i) => byte === pattern[i] && byte !== 0) + 1;
  bytes.fill(MARK, 0, placed);
}

function verifyWritten(): void {
  const expected = a.bytes(LOCAL, BYTES).slice().fill(MARK, 0, placed);
  expect(crc32(b.bytes(TARGET, BYTES))).toBe(crc32(expected));
}

const data = () => ({ sges: [a.sge(LOCAL, BYTES)] });
const verifySent = () => assertPattern(b.bytes(RECEIVED, BYTES), 1);

const operations: Readonly<Record<string, Operation>> = {
  SEND: {
    wr: () => ({ opcode: abi.WR_SEND, ...data() }),
    prepare: fillLocal,
    received: { byteLen: BYTES, immediate: null },
    verify: verifySent,
  },
  "SEND with immediate data": {
    wr: () => ({ opcode: abi.WR_SEND_WITH_IMM, immediate: 77, ...data() }),
    prepare: fillLocal,
    received: { byteLen: BYTES, immediate: 77 },
    verify: verifySent,
  },
  "RDMA WRITE": {
    wr: () => ({ opcode: abi.WR_RDMA_WRITE, ...remote(TARGET), ...data() }),
    prepare: fillLocal,
    whileFrozen: markPlaced,
    verify: verifyWritten,
  },
  "RDMA WRITE with immediate data": {
    wr: () => ({ opcode: abi.WR_RDMA_WRITE_WITH_IMM, immediate: 78, ...remote(TARGET), ...data() }),
    prepare: fillLocal,
    whileFrozen: markPlaced,
    received: { byteLen: BYTES, immediate: 78 },
    verify: verifyWritten,
  },
  "RDMA READ": {
    wr: () => ({ opcode: abi.WR_RDMA_READ, ...remote(TARGET), ...data() }),
    prepare: () => fillPattern(b.bytes(TARGET, BYTES), 2),
    verify: () => assertPattern(a.bytes(LOCAL, BYTES), 2),
  },
  "fetch and add": {
    wr: () => ({ opcode: abi.WR_ATOMIC_FETCH_AND_ADD, compareAdd: 2n, sges: [a.sge(LOCAL, 8)], ...remote(COUNTER) }),
    prepare: setCounter,
    verify: () => expect([counter(), result()]).toEqual([42n, 40n]),
  },
  "compare and swap": {
    wr: () => ({
      opcode: abi.WR_ATOMIC_CMP_AND_SWP,
      compareAdd: 40n,
      swap: 99n,
      sges: [a.sge(LOCAL, 8)],
      ...remote(COUNTER),
    }),
    prepare: setCounter,
    verify: () => expect([counter(), result()]).toEqual([99n, 40n]),
  },
};

/** Lets so many packets pass, and drops all others. True when no more would have come. */
function passing(packets: number): () => boolean {
  let seen = 0;
  fabric.filter = () => seen++ < packets;
  fabric.settle(1);
  return () => seen <= packets;
}

/** A SEND before and a SEND behind it, cut when so many packets have passed. True when all had. */
function cutAfter(packets: number, operation: Operation, move: (whileFrozen: () => void) => void): boolean {
  operation.prepare?.();
  for (const id of [1n, 2n, 3n]) b.rq.post({ id, sges: [b.sge(RECEIVED + (id === 2n ? 0 : BYTES), BYTES)] });
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 5)] });
  a.post({ id: 2n, ...operation.wr() });
  a.post({ id: 3n, opcode: abi.WR_SEND, sges: [a.sge(0, 6)] });
  placed = 0;
  const all = passing(packets);
  move(() => operation.whileFrozen?.());
  fabric.filter = () => true;
  fabric.settle();
  expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual([
    [1n, 0],
    [2n, 0],
    [3n, 0],
  ]);
  const received = [{ byteLen: 5 }, ...(operation.received ? [operation.received] : []), { byteLen: 6 }];
  expect(b.recvCq.drain()).toMatchObject(received);
  operation.verify();
  return all();
}

const movers: Readonly<Record<string, (whileFrozen: () => void) => void>> = {
  "its requester moves": (whileFrozen) => moveWithCut(fabric, a, b, fabric.add(3), { whileFrozen }),
  "its responder moves": (whileFrozen) => moveWithCut(fabric, b, a, fabric.add(3), { whileFrozen }),
  "its requester moves twice": (whileFrozen) => {
    moveWithCut(fabric, a, b, fabric.add(3), { whileFrozen });
    moveWithCut(fabric, a, b, fabric.add(4));
  },
  "both move": (whileFrozen) => {
    moveWithCut(fabric, a, b, fabric.add(3), { whileFrozen });
    moveWithCut(fabric, b, a, fabric.add(4));
  },
  "the move is aborted": (whileFrozen) => cutAndAbort(fabric, a, b, whileFrozen),
};

describe.each(Object.keys(operations))("%s", (name) => {
  test.each(Object.keys(movers))("has its effect once, after whichever packet it is cut: %s", (mover) => {
    for (let packets = 0, all = false; !all; packets++) {
      fabric = new Fabric({ crc32 });
      [a, b] = connectedPair(fabric);
      all = cutAfter(packets, operations[name] as Operation, movers[mover] as (typeof movers)[string]);
    }
  });
});
