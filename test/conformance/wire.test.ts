import type { FaultKind } from "@nomad/base";
import { connectQp } from "@nomad/verbs";
import { expect, test } from "vitest";
import { connect, type End, makeEnd, makePair, remoteOf } from "./kit/ends.ts";
import { MemoryLab } from "./kit/memory-lab.ts";
import { NthPacket } from "./kit/nth-packet.ts";
import { stepsTo } from "./kit/states.ts";
import { execute, fill, oneSided } from "./kit/work.ts";

// What the yardstick has no name for: what holds when the wire loses, repeats or corrupts packets, and what keeps them apart.

const sender = "port-1";
const receiver = "port-2";

function labWith(from: string, n: number, kind: FaultKind): MemoryLab {
  const lab = new MemoryLab({});
  lab.addFaults(new NthPacket(from, n, kind));
  return lab;
}

test("a message whose packet comes twice is delivered once", async () => {
  await using lab = labWith(sender, 1, "duplicate");
  const { a, b } = makePair(lab);
  for (const wrId of [1, 2]) b.qp.postRecv({ wrId, sgList: [b.mr.sge(0, 8)] });
  expect(await execute(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 8)] })).toMatchObject({
    status: "WC_SUCCESS",
  });
  await lab.calm();
  expect(b.recvCq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS" }]);
  expect(b.context.hca.counters.duplicate_request).toBe(1);
});

for (const kind of ["fetchAdd", "compareSwap"] as const) {
  test(`${kind}: an atomic whose answer is lost is executed once, and asked for again brings the same answer`, async () => {
    await using lab = labWith(receiver, 1, "drop");
    const { a, b } = makePair(lab);
    const compareOrAdd = kind === "fetchAdd" ? 5n : 0n;
    const done = await execute(lab, a, oneSided[kind](a.mr.sge(8, 8), remoteOf(b), compareOrAdd, 5n));
    expect(done).toMatchObject({ status: "WC_SUCCESS" });
    expect([a.buffer.view.getBigUint64(8, true), b.buffer.view.getBigUint64(0, true)]).toEqual([0n, 5n]);
    expect(b.context.hca.counters.duplicate_request).toBe(1);
  });
}

test("a corrupted packet is dropped and counted, and sent again", async () => {
  await using lab = labWith(sender, 2, "corrupt");
  const { a, b } = makePair(lab);
  fill(a.buffer.bytes, 1);
  expect(await execute(lab, a, oneSided.write(a.mr.sge(), remoteOf(b)))).toMatchObject({ status: "WC_SUCCESS" });
  expect(b.buffer.bytes.equals(a.buffer.bytes)).toBe(true);
  expect(b.context.hca.counters.rx_icrc_encapsulated).toBe(1);
});

test("an unreliable message of which a packet is lost is lost as a whole, and the next one is not", async () => {
  await using lab = labWith(sender, 2, "drop");
  const [a, b] = [makeEnd(lab.context(0), { type: "UC" }), makeEnd(lab.context(1), { type: "UC" })];
  connect(a.qp, b.qp);
  for (const wrId of [1, 2]) b.qp.postRecv({ wrId, sgList: [b.mr.sge(0, 16_384)] });
  for (const immediate of [1, 2]) {
    a.qp.postSend({ opcode: "WR_SEND_WITH_IMM", sgList: [a.mr.sge(0, 16_384)], immediate });
  }
  await lab.calm();
  expect(b.recvCq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS", immediate: 2, byteLen: 16_384 }]);
  expect(a.sendCq.poll()).toMatchObject([{ status: "WC_SUCCESS" }, { status: "WC_SUCCESS" }]);
});

test("packet sequence numbers go on behind the last of 24 bits, whatever is lost there", async () => {
  await using lab = labWith(sender, 4, "drop");
  const [a, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
  const last = 0xffffff;
  connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: last }, last - 3);
  connectQp(b.qp, { lid: a.context.lid, qpn: a.qp.qpn, psn: last - 3 }, last);
  fill(a.buffer.bytes, 1);
  for (let i = 0; i < 16; i++) a.qp.postSend(oneSided.write(a.mr.sge(4096 * i, 4096), remoteOf(b, 4096 * i)));
  const done = await lab.completions(a.sendCq, 16);
  expect(done.every((wc) => wc.status === "WC_SUCCESS")).toBe(true);
  expect(b.buffer.bytes.equals(a.buffer.bytes)).toBe(true);
  expect(a.qp.query().sqPsn).toBe(12);
  const { out_of_sequence, duplicate_request } = b.context.hca.counters;
  expect([out_of_sequence > 0, duplicate_request]).toEqual([true, 0]);
});

test("a fenced send waits for the READ before it, and carries what that brought", async () => {
  await using lab = new MemoryLab({});
  const { a, b } = makePair(lab);
  b.buffer.bytes.fill(7, 0, 64);
  b.qp.postRecv({ sgList: [b.mr.sge(1000, 64)] });
  a.qp.postSend(oneSided.read(a.mr.sge(0, 64), remoteOf(b)));
  a.qp.postSend({ opcode: "WR_SEND", sgList: [a.mr.sge(0, 64)], fence: true });
  expect(await lab.completion(b.recvCq)).toMatchObject({ status: "WC_SUCCESS" });
  expect(b.buffer.bytes.subarray(1000, 1064)).toEqual(Buffer.alloc(64, 7));
});

/** Brings a queue pair to RTS, in the partition with this index of its port's table. */
function bringUpIn(end: End, peer: End, pkeyIndex: number): void {
  const { INIT, RTR, RTS } = stepsTo(peer.qp);
  end.qp.modify({ ...INIT, pkeyIndex, port: 1 });
  end.qp.modify({ ...RTR, rqPsn: 2000 });
  end.qp.modify({ ...RTS, timeout: 8, retryCnt: 1 });
}

test("queue pairs of different partitions do not hear each other, and those of one do", async () => {
  await using lab = new MemoryLab({});
  for (const context of lab.contexts) context.hca.setPkeys([0xffff, 0x8001]);
  for (const [ofA, ofB] of [
    [1, 1],
    [1, 0],
  ] as const) {
    const [a, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
    bringUpIn(a, b, ofA);
    bringUpIn(b, a, ofB);
    const write = await execute(lab, a, oneSided.write(a.mr.sge(0, 8), remoteOf(b)));
    expect(write.status).toBe(ofA === ofB ? "WC_SUCCESS" : "WC_RETRY_EXC_ERR");
    expect(b.context.hca.counters.bad_pkey_cntr > 0).toBe(ofA !== ofB);
  }
});
