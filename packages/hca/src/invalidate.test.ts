import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { RKey } from "@nomad/base";
import { beforeEach, describe, expect, test } from "vitest";
import { ACCESS_ALL, connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import { nextKey, WINDOW_ACCESS, WindowLab } from "./testing/windows.ts";
import type { MwType } from "./types.ts";

let lab: WindowLab;
/** `b` owns the memory that windows are bound to; `a` is its peer. */
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  lab = new WindowLab(new Fabric({ crc32 }));
  ({ a, b } = lab);
});

const hca = () => lab.hca;
const alloc = (type?: MwType) => lab.alloc(type);
const bind = (...args: Parameters<WindowLab["bind"]>) => lab.bind(...args);
const access = (...args: Parameters<WindowLab["access"]>) => lab.access(...args);
const secondPair = () => lab.secondPair();

describe("SEND with invalidate", () => {
  const send = (rkey: RKey, length = 10) => {
    a.post({ id: 1n, opcode: abi.WR_SEND_WITH_INV, rkey, sges: length > 0 ? [a.sge(0, length)] : [] });
    lab.fabric.settle();
    return a.sendCq.drain()[0]?.status;
  };

  test.each([0, 10, 5000])(
    "of %i bytes invalidates the window once it has arrived, and the receiver learns which",
    (length) => {
      const [, rkey] = bind(alloc());
      b.rq.post({ id: 4n, sges: [b.sge(0, 5000)] });
      expect(send(rkey, length)).toBe(0);
      const expected = { id: 4n, status: 0, opcode: abi.WC_RECV, byteLen: length, invalidated: rkey, immediate: null };
      expect(b.recvCq.drain()).toMatchObject([expected]);
      expect(hca().queryMw(rkey).length).toBe(0);
      expect(access(rkey)).toBe(abi.WC_REM_ACCESS_ERR);
    },
  );

  const refused = [abi.WC_REM_ACCESS_ERR, abi.WC_REM_ACCESS_ERR] as const;
  /** What is invalidated, and how the send and the receive fail. */
  const wrongs: readonly (readonly [string, () => RKey, readonly [number, number]])[] = [
    ["a key that there is not", () => 0x1234567 as RKey, refused],
    ["a region", () => b.region.rkey, refused],
    ["a window of type 1", () => bind(alloc(abi.MW_TYPE_1))[1], [abi.WC_RETRY_EXC_ERR, abi.WC_MW_BIND_ERR]],
    ["a window of another queue pair", () => bind(alloc(), {}, secondPair()[1])[1], refused],
  ];
  test.each(wrongs)("of %s fails both sides, and places nothing", (_, rkey, [sent, received]) => {
    const wrong = rkey();
    b.rq.post({ id: 4n, sges: [b.sge(0, 100)] });
    a.bytes(0, 10).fill(9);
    expect(send(wrong)).toBe(sent);
    expect(b.recvCq.drain()).toMatchObject([{ id: 4n, status: received }]);
    expect(b.bytes(0, 1)[0]).toBe(0);
  });

  test("that is sent twice because its answer was lost invalidates once, and what is bound anew stays", () => {
    const mw = alloc();
    const [, rkey] = bind(mw);
    b.rq.post({ id: 4n, sges: [b.sge(0, 100)] });
    let lost = 0;
    lab.fabric.filter = (packet) => packet[0] !== 0x11 || lost++ > 0;
    a.post({ id: 1n, opcode: abi.WR_SEND_WITH_INV, rkey });
    lab.fabric.settle(0.5);
    const [, second] = bind({ ...mw, rkey });
    lab.fabric.settle();
    expect(a.sendCq.drain()).toMatchObject([{ status: 0 }]);
    expect(hca().queryMw(second).length).toBe(200);
  });
});

test("binds and invalidations complete in their turn between sends, and need no packet", () => {
  const mw = alloc();
  const rkey = nextKey(mw.rkey);
  const range = { type: mw.type, lkey: b.region.lkey, address: b.data, length: 64, access: WINDOW_ACCESS };
  for (let i = 0; i < 2; i++) a.rq.post({ id: 0n, sges: [a.sge(0, 4000)] });
  b.sq.post({ id: 1n, opcode: abi.WR_SEND, sges: [b.sge(0, 4000)] });
  b.sq.post({ id: 2n, opcode: abi.WR_BIND_MW, rkey, bind: range });
  b.sq.post({ id: 3n, opcode: abi.WR_LOCAL_INV, rkey });
  b.sq.post({ id: 4n, opcode: abi.WR_SEND });
  lab.fabric.faults = { drop: 0.3 };
  b.adapter.hca.doorbell(b.qpn);
  lab.fabric.settle();
  expect(b.sendCq.drain().map((c) => [c.id, c.status])).toEqual([1n, 2n, 3n, 4n].map((id) => [id, 0]));
  expect(a.recvCq.drain().map((c) => c.byteLen)).toEqual([4000, 0]);
});

test("a fenced invalidation waits for the READ before it", () => {
  const [, rkey] = bind(alloc());
  b.post({ id: 1n, opcode: abi.WR_RDMA_READ, sges: [b.sge(0, 8)], remoteAddress: a.data, rkey: a.region.rkey });
  b.post({ id: 2n, opcode: abi.WR_LOCAL_INV, rkey, flags: abi.SEND_FENCE });
  b.adapter.hca.run(lab.fabric.now, 10);
  expect(hca().queryMw(rkey).length).toBe(200);
  lab.fabric.settle();
  expect(b.sendCq.drain().map((c) => c.id)).toEqual([1n, 2n]);
  expect(hca().queryMw(rkey).length).toBe(0);
});

test("an unsignaled bind and invalidation complete silently; an error does not", () => {
  const quiet = new Fabric({ crc32 });
  const [c, d] = connectedPair(quiet, { signalAll: false, access: ACCESS_ALL | abi.ACCESS_MW_BIND });
  const rkey = nextKey(d.adapter.hca.allocMw(d.pd, abi.MW_TYPE_2).rkey);
  const range = {
    type: abi.MW_TYPE_2,
    lkey: d.region.lkey,
    address: d.data,
    length: 64,
    access: WINDOW_ACCESS,
  } as const;
  d.post({ id: 1n, opcode: abi.WR_BIND_MW, rkey, bind: range });
  d.post({ id: 2n, opcode: abi.WR_LOCAL_INV, rkey });
  d.post({ id: 3n, opcode: abi.WR_LOCAL_INV, rkey });
  quiet.settle();
  expect(d.sendCq.drain()).toMatchObject([{ id: 3n, status: abi.WC_MW_BIND_ERR }]);
  expect(c.adapter.hca.counters.port_rcv_packets).toBe(0);
});
