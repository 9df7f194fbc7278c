import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { Lid, LKey, Qpn } from "@nomad/base";
import { bthPsn, gidOf, UD_SEND_ONLY } from "@nomad/iba";
import { beforeEach, describe, expect, test } from "vitest";
import type { SendWr } from "./queues/index.ts";
import { bringUpDatagrams, connect, datagramPair, Endpoint, LOCAL_EPOCH, QKEY } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";
import type { AhInit } from "./types.ts";

const GRH = abi.GRH_BYTES;
let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;
let ah: number;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = datagramPair(fabric);
  ah = a.adapter.hca.createAh({ pd: a.pd, dlid: b.adapter.lid });
});

const toB = (wr: Partial<SendWr> = {}): SendWr => {
  return { id: 1n, opcode: abi.WR_SEND, ud: { ah, qpn: b.qpn, qkey: QKEY }, ...wr };
};
const receive = (length = 4096, id = 7n) => b.rq.post({ id, sges: [b.sge(0, length + GRH)] });
const statuses = () => a.sendCq.drain().map((c) => c.status);
const refused = expect.objectContaining({ code: "E_VERB" });

test.each([0, 1, 100, 4096])("a datagram of %i bytes arrives behind 40 bytes of global route header", (length) => {
  const sent = Uint8Array.from({ length }, (_, i) => i * 3);
  a.bytes(0, length).set(sent);
  receive();
  a.post(toB({ sges: [a.sge(0, length)] }));
  fabric.settle();
  expect(a.sendCq.drain()).toMatchObject([{ id: 1n, status: abi.WC_SUCCESS, opcode: abi.WC_SEND }]);
  const expected = { id: 7n, status: abi.WC_SUCCESS, opcode: abi.WC_RECV, byteLen: length + GRH, grh: true };
  expect(b.recvCq.drain()).toMatchObject([{ ...expected, srcQp: a.qpn, slid: 1, pkeyIndex: 0, immediate: null }]);
  expect(b.bytes(GRH, length)).toEqual(sent);
});

test("the global route header names both ports by their identifiers", () => {
  receive();
  a.post(toB());
  fabric.settle();
  expect(b.bytes(8, 16)).toEqual(gidOf(1 as Lid));
  expect(b.bytes(24, 16)).toEqual(gidOf(2 as Lid));
  expect(b.bytes(0, 1)[0]).toBe(0x60);
});

test("immediate data and inline data come along", () => {
  receive();
  a.post(toB({ opcode: abi.WR_SEND_WITH_IMM, immediate: 0xfedcba98, inline: Uint8Array.of(1, 2, 3) }));
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ immediate: 0xfedcba98, byteLen: GRH + 3 }]);
  expect([...b.bytes(GRH, 3)]).toEqual([1, 2, 3]);
});

test("datagrams complete when sent, with no answer, and their PSNs wrap", () => {
  const psns: number[] = [];
  fabric.filter = (packet) => {
    expect(packet[0]).toBe(UD_SEND_ONLY);
    psns.push(bthPsn(packet, 0));
    return false;
  };
  for (let i = 0; i < 4; i++) a.post(toB({ id: BigInt(i) }));
  fabric.settle();
  expect(a.sendCq.drain().map((c) => [c.id, c.status])).toEqual([0n, 1n, 2n, 3n].map((id) => [id, 0]));
  expect(psns).toEqual([0xfffffe, 0xffffff, 0, 1]);
  expect(a.adapter.hca.deadline()).toBe(null);
});

describe("a datagram is dropped, and both queue pairs go on, when", () => {
  const dropped = (counter: "out_of_buffer" | "qkey_viol_cntr" | "resp_local_length_error" | "rx_unknown_qp") => {
    fabric.settle();
    expect(statuses()).toEqual([abi.WC_SUCCESS]);
    expect(b.adapter.hca.counters[counter]).toBe(1);
    expect(b.recvCq.drain()).toEqual([]);
    b.rq.post({ id: 9n, sges: [b.sge(0, 5000)] });
    a.post(toB());
    fabric.settle();
    expect(b.recvCq.drain()).toHaveLength(1);
  };

  test("no receive work request is posted", () => {
    a.post(toB());
    dropped("out_of_buffer");
  });

  test("its Q_Key is another", () => {
    receive();
    a.post(toB({ ud: { ah, qpn: b.qpn, qkey: QKEY + 1 } }));
    dropped("qkey_viol_cntr");
    expect(b.adapter.hca.queryPort().qkeyViolCntr).toBe(1);
  });

  test("no queue pair has its number", () => {
    receive();
    a.post(toB({ ud: { ah, qpn: b.qpn ^ 1, qkey: QKEY } }));
    dropped("rx_unknown_qp");
  });

  test("the buffer has room for its data, but not for the global route header", () => {
    b.rq.post({ id: 7n, sges: [b.sge(0, 100)] });
    a.post(toB({ sges: [a.sge(0, 100)] }));
    fabric.settle();
    expect([b.recvCq.drain(), b.adapter.hca.counters.resp_local_length_error]).toEqual([[], 1]);
    a.post(toB({ sges: [a.sge(0, 60)] }));
    fabric.settle();
    expect(b.recvCq.drain()).toMatchObject([{ id: 7n, byteLen: 100 }]);
  });
});

test("a Q_Key with its highest bit set stands for that of the sender", () => {
  receive();
  a.post(toB({ ud: { ah, qpn: b.qpn, qkey: 0x80000000 } }));
  fabric.settle();
  expect(b.recvCq.drain()).toHaveLength(1);
});

describe("a send fails, and the send queue with it, for", () => {
  const cases: readonly (readonly [string, number, () => Partial<SendWr>])[] = [
    ["a message longer than the MTU", abi.WC_LOC_LEN_ERR, () => ({ sges: [a.sge(0, 4097)] })],
    ["an RDMA WRITE", abi.WC_LOC_QP_OP_ERR, () => ({ opcode: abi.WR_RDMA_WRITE })],
    ["an RDMA READ", abi.WC_LOC_QP_OP_ERR, () => ({ opcode: abi.WR_RDMA_READ })],
    ["an atomic", abi.WC_LOC_QP_OP_ERR, () => ({ opcode: abi.WR_ATOMIC_FETCH_AND_ADD, sges: [a.sge(0, 8)] })],
    ["a SEND with invalidate", abi.WC_LOC_QP_OP_ERR, () => ({ opcode: abi.WR_SEND_WITH_INV })],
    ["a wrong lkey", abi.WC_LOC_PROT_ERR, () => ({ sges: [{ ...a.sge(0, 8), lkey: 5 as LKey }] })],
    ["an address handle that there is not", abi.WC_LOC_QP_OP_ERR, () => ({ ud: { ah: 999, qpn: b.qpn, qkey: QKEY } })],
    [
      "an address handle of another protection domain",
      abi.WC_LOC_QP_OP_ERR,
      () => {
        const { hca } = a.adapter;
        return { ud: { ah: hca.createAh({ pd: hca.allocPd(), dlid: b.adapter.lid }), qpn: b.qpn, qkey: QKEY } };
      },
    ],
  ];
  test.each(cases)("%s", (_, status, make) => {
    receive();
    a.post(toB());
    a.post(toB(make()));
    a.post(toB());
    fabric.settle();
    expect(statuses()).toEqual([0, status, abi.WC_WR_FLUSH_ERR]);
    expect(a.adapter.hca.queryQp(a.qpn).state).toBe(abi.QPS_SQE);
    expect(b.recvCq.drain()).toHaveLength(1);
  });
});

test("in SQE a queue pair receives, flushes what is posted to be sent, and sends again once it is back in RTS", () => {
  a.post(toB({ opcode: abi.WR_RDMA_READ }));
  fabric.settle();
  a.post(toB());
  expect(statuses()).toEqual([abi.WC_LOC_QP_OP_ERR, abi.WC_WR_FLUSH_ERR]);
  const back = b.adapter.hca.createAh({ pd: b.pd, dlid: a.adapter.lid });
  a.rq.post({ id: 3n, sges: [a.sge(0, 100)] });
  b.post({ id: 1n, opcode: abi.WR_SEND, ud: { ah: back, qpn: a.qpn, qkey: QKEY } });
  fabric.settle();
  expect(a.recvCq.drain()).toMatchObject([{ id: 3n, status: abi.WC_SUCCESS }]);
  a.adapter.hca.modifyQp(a.qpn, { state: abi.QPS_RTS, curState: abi.QPS_SQE }, fabric.now);
  receive();
  a.post(toB());
  fabric.settle();
  expect([statuses(), b.recvCq.drain().length]).toEqual([[0], 1]);
});

test("a receive buffer with a wrong key fails the receiver", () => {
  b.rq.post({ id: 7n, sges: [{ ...b.sge(0, 100), lkey: 3 as LKey }] });
  a.post(toB());
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ id: 7n, status: abi.WC_LOC_PROT_ERR }]);
  expect(b.adapter.hca.queryQp(b.qpn).state).toBe(abi.QPS_ERR);
});

test("packets of a reliable connection do not enter a datagram queue pair, nor datagrams a connection", () => {
  const [c, d] = [new Endpoint(a.adapter), new Endpoint(b.adapter)];
  connect(c, d);
  c.adapter.hca.retarget(c.qpn, { destQpn: b.qpn });
  receive();
  d.rq.post({ id: 1n, sges: [d.sge(0, 100)] });
  c.post({ id: 1n, opcode: abi.WR_SEND });
  a.post(toB({ ud: { ah, qpn: d.qpn, qkey: QKEY } }));
  fabric.settle(1);
  expect([b.recvCq.drain(), d.recvCq.drain()]).toEqual([[], []]);
  expect(b.adapter.hca.counters.rx_refused).toBeGreaterThan(1);
});

test("a completion tells the index of the partition that the datagram came with", () => {
  for (const { adapter } of [a, b]) adapter.hca.setPkeys([0xffff, 0x8005]);
  for (const { adapter, qpn } of [a, b]) {
    adapter.hca.modifyQp(qpn, { state: abi.QPS_SQD }, 0);
    adapter.hca.modifyQp(qpn, { pkeyIndex: 1 }, 0);
    adapter.hca.modifyQp(qpn, { state: abi.QPS_RTS }, 0);
  }
  receive();
  a.post(toB());
  fabric.settle();
  expect(b.recvCq.drain()).toMatchObject([{ pkeyIndex: 1 }]);
});

test("one queue pair takes datagrams from many, in the order of their coming", () => {
  const senders = [3, 4, 5].map((lid) => new Endpoint(fabric.add(lid), { type: abi.QPT_UD }));
  for (const [i, sender] of senders.entries()) {
    bringUpDatagrams(sender);
    receive(100, BigInt(i));
    const { hca } = sender.adapter;
    const ud = { ah: hca.createAh({ pd: sender.pd, dlid: b.adapter.lid }), qpn: b.qpn, qkey: QKEY };
    sender.post({ id: 1n, opcode: abi.WR_SEND, ud });
  }
  fabric.settle();
  expect(b.recvCq.drain().map((c) => [c.id, c.slid, c.srcQp])).toEqual(
    senders.map((sender, i) => [BigInt(i), sender.adapter.lid, sender.qpn]),
  );
});

test("an address handle that has moved sends elsewhere, and what names its old epoch is handed back first", () => {
  const c = new Endpoint(fabric.add(3), { type: abi.QPT_UD });
  bringUpDatagrams(c);
  c.rq.post({ id: 5n, sges: [c.sge(0, 100)] });
  a.adapter.hca.retargetAh(ah, { dlid: c.adapter.lid, remoteEpoch: 4 });
  const asked: number[] = [];
  a.adapter.events.onTranslate = (_, queue, wqe) => {
    asked.push(wqe);
    expect(queue).toBe("send");
    a.memory.view.setUint32(wqe + abi.SEND_WQE_REMOTE_QPN, c.qpn, true);
    a.memory.view.setUint32(wqe + abi.SEND_WQE_REMOTE_EPOCH, 4, true);
    return "done";
  };
  const at = a.post(toB());
  fabric.settle();
  expect(asked).toEqual([at]);
  expect(c.recvCq.drain()).toMatchObject([{ id: 5n }]);
});

test("a datagram whose target moves on before it has left is lost: its number is of the old place", () => {
  fabric.linkPackets = 0;
  const asked: number[] = [];
  a.adapter.events.onTranslate = (_, _queue, wqe) => {
    asked.push(wqe);
    return "done";
  };
  receive();
  a.post(toB());
  fabric.settle();
  a.adapter.hca.retargetAh(ah, { remoteEpoch: 4 });
  fabric.linkPackets = 10;
  a.adapter.hca.transmitReady(b.adapter.lid);
  fabric.settle();
  expect([asked, statuses(), b.recvCq.drain()]).toEqual([[], [abi.WC_SUCCESS], []]);
  expect(a.adapter.hca.qpCounters(a.qpn).tx_unaddressed).toBe(1);
});

test("a datagram whose target is not found is lost, and the send queue goes on", () => {
  a.adapter.hca.retargetAh(ah, { remoteEpoch: 4 });
  receive();
  a.post(toB());
  fabric.settle();
  expect([statuses(), b.recvCq.drain()]).toEqual([[abi.WC_SUCCESS], []]);
});

test("a datagram whose handle is of another local epoch is handed back, data or not", () => {
  a.adapter.hca.setLocalEpoch(a.qpn, LOCAL_EPOCH + 1);
  const asked: Qpn[] = [];
  a.adapter.events.onTranslate = (qpn) => {
    asked.push(qpn);
    return "pending";
  };
  a.post(toB());
  fabric.settle();
  expect([asked, a.sendCq.drain()]).toEqual([[a.qpn], []]);
});

describe("address handles", () => {
  test("tell what they were made with", () => {
    const dgid = gidOf(2 as Lid);
    const init = { pd: a.pd, dlid: 2 as Lid, isGlobal: true, dgid, hopLimit: 9, trafficClass: 1, flowLabel: 5, sl: 3 };
    const made = a.adapter.hca.createAh(init);
    expect(a.adapter.hca.queryAh(made)).toEqual({ ...init, sgidIndex: 0, port: 1, remoteEpoch: 0 });
  });

  const dgid = gidOf(2 as Lid);
  test.each([
    ["no LID", { dlid: 0 }],
    ["a LID that is too large", { dlid: 0xffff }],
    ["a group without its identifier", { dlid: 0xc001 }],
    ["a global route without identifier", { isGlobal: true }],
    ["a GID index that is not in the table", { isGlobal: true, dgid, sgidIndex: 1 }],
    ["a hop limit of 256", { isGlobal: true, dgid, hopLimit: 256 }],
    ["a port that there is not", { port: 2 }],
    ["a service level of 16", { sl: 16 }],
    ["a protection domain that there is not", { pd: 99 }],
  ])("are refused for %s", (_, wrong) => {
    expect(() => a.adapter.hca.createAh({ pd: a.pd, dlid: 2 as Lid, ...(wrong as Partial<AhInit>) })).toThrow(refused);
  });

  test("hold their protection domain, and are destroyed once", () => {
    const { hca } = a.adapter;
    const pd = hca.allocPd();
    const made = hca.createAh({ pd, dlid: 2 as Lid });
    expect(() => hca.deallocPd(pd)).toThrow(expect.objectContaining({ code: "E_BUSY" }));
    hca.destroyAh(made);
    hca.deallocPd(pd);
    expect(() => hca.destroyAh(made)).toThrow(refused);
  });

  test("that are destroyed send nothing more", () => {
    receive();
    a.adapter.hca.destroyAh(ah);
    a.post(toB());
    fabric.settle();
    expect(statuses()).toEqual([abi.WC_LOC_QP_OP_ERR]);
  });
});
