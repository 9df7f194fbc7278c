import { GRH_BYTES } from "@nomad/abi";
import type { SendWr, Sge } from "@nomad/verbs";
import { expect } from "vitest";
import { datagram, datagramPair, expectArrival, expectUnharmed, postReceive, QKEY, targetOf } from "./kit/datagrams.ts";
import { connect, type End, makeEnd } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { interleave, pause } from "./kit/tasks.ts";
import { test } from "./kit/test.ts";
import { execute, oneSided, type Remote, statusOf } from "./kit/work.ts";

// Unreliable datagrams (IBA 9.8.3, 10.2.7, 11.4.1).

/** A send queue that has failed sends nothing more until its owner brings it back. */
function recover({ qp }: End): void {
  expect(qp.query().state).toBe("SQE");
  qp.modify({ state: "RTS" });
}

test("LoopbackUdQpTest.Send: a datagram arrives behind a global route header", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 1000, 3);
  const sent = await execute(lab, a, datagram(a, 1000, targetOf(a, b)));
  expect(sent).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_SEND", qpNum: a.qp.qpn });
  await expectArrival(lab, a, b, 1000, 3);
  // IBA 8.3: version 6, the length of what follows, next header 0x1b; the payload length ends with the ICRC.
  expect(b.buffer.bytes.readUInt8(0) >> 4).toBe(6);
  expect(b.buffer.bytes.readUInt16BE(4)).toBe(12 + 8 + 1000 + 4);
  expect(b.buffer.bytes.readUInt8(6)).toBe(0x1b);
});

test("LoopbackUdQpTest.SendLargerThanMtu: a datagram is no longer than a packet", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 4106);
  expect(await statusOf(lab, a, datagram(a, 4097, targetOf(a, b)))).toBe("WC_LOC_LEN_ERR");
  recover(a);
  await expectUnharmed(lab, a, b);
});

test("LoopbackUdQpTest.SendRnr: a datagram that finds no receive is lost, and its sender does not learn it", async ({
  lab,
}) => {
  const { a, b } = datagramPair(lab);
  expect(await statusOf(lab, a, datagram(a, 1000, targetOf(a, b)))).toBe("WC_SUCCESS");
  await lab.calm();
  postReceive(b, 10);
  await expectUnharmed(lab, a, b);
});

test("LoopbackUdQpTest.SendRnrUnsignaledBatch: any number of them may be lost, and those unsignaled are silent", async ({
  lab,
}) => {
  const { a, b } = datagramPair(lab, { sqSigAll: false });
  const ud = targetOf(a, b);
  for (let cycle = 0; cycle < 5; cycle++) {
    for (let i = 0; i < 100; i++) a.qp.postSend({ ...datagram(a, 1000, ud), signaled: false });
    expect(await execute(lab, a, { ...datagram(a, 1000, ud), wrId: cycle })).toMatchObject({
      wrId: cycle,
      status: "WC_SUCCESS",
    });
    expect(a.sendCq.poll()).toEqual([]);
  }
  await lab.calm();
  expect(b.context.hca.counters.out_of_buffer).toBe(505);
  postReceive(b, 10);
  await expectUnharmed(lab, a, b);
});

test("LoopbackUdQpTest.SendWithTooSmallRecv: a datagram that does not fit is lost, and its buffer waits for the next", async ({
  lab,
}) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 900);
  expect(await statusOf(lab, a, datagram(a, 1000, targetOf(a, b)))).toBe("WC_SUCCESS");
  await expectUnharmed(lab, a, b);
});

test("LoopbackUdQpTest.SendInvalidAh: nothing is sent by an address handle that is no more", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 1000);
  const ud = targetOf(a, b);
  ud.ah.destroy();
  expect(await execute(lab, a, datagram(a, 1000, ud))).toMatchObject({ wrId: 1, status: "WC_LOC_QP_OP_ERR" });
  recover(a);
  await expectUnharmed(lab, a, b);
});

test("LoopbackUdQpTest.SendInvalidQpn: a datagram to a queue pair that there is not is lost", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 1000);
  const ud = targetOf(a, b, { remoteQpn: b.qp.qpn ^ 0x800000 });
  expect(await statusOf(lab, a, datagram(a, 1000, ud))).toBe("WC_SUCCESS");
  await expectUnharmed(lab, a, b);
  expect(b.context.hca.counters.rx_unknown_qp).toBe(1);
});

test("LoopbackUdQpTest.SendInvalidQKey: a datagram with another Q_Key is lost, and counted", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  postReceive(b, 1000);
  const ud = targetOf(a, b, { remoteQkey: QKEY + 1 });
  expect(await statusOf(lab, a, datagram(a, 1000, ud))).toBe("WC_SUCCESS");
  await expectUnharmed(lab, a, b);
  expect(b.context.queryPort().qkeyViolCntr).toBe(1);
});

/** An operation that there is not for datagrams fails where it is posted, and touches nothing. */
async function expectUnsupported(lab: Lab, make: (local: Sge, remote: Remote) => SendWr): Promise<void> {
  const { a, b } = datagramPair(lab);
  postReceive(b, 10);
  const wr = make(a.mr.sge(0, 8), { remoteAddress: b.mr.address, rkey: b.mr.rkey });
  const wc = await execute(lab, a, { ...wr, ud: targetOf(a, b) } as SendWr);
  expect(wc).toMatchObject({ wrId: 1, status: "WC_LOC_QP_OP_ERR", qpNum: a.qp.qpn });
  recover(a);
  await expectUnharmed(lab, a, b);
}

test("LoopbackUdQpTest.Read: there is no READ by datagrams", async ({ lab }) => {
  await expectUnsupported(lab, oneSided.read);
});

test("LoopbackUdQpTest.PollMultipleCqe: one poll takes all completions that there are", async ({ lab }) => {
  const { a, b } = datagramPair(lab);
  for (let i = 0; i < 5; i++) postReceive(b, 1000, i);
  for (let i = 0; i < 5; i++) a.qp.postSend({ ...datagram(a, 1000, targetOf(a, b)), wrId: i });
  await lab.calm();
  const sent = a.sendCq.poll(6);
  expect(sent.map((wc) => [wc.wrId, wc.status, wc.opcode])).toEqual(sent.map((_, i) => [i, "WC_SUCCESS", "WC_SEND"]));
  const received = b.recvCq.poll(6);
  expect(received.map((wc) => [wc.wrId, wc.byteLen])).toEqual(received.map((_, i) => [i, GRH_BYTES + 1000]));
  expect([sent.length, received.length]).toEqual([5, 5]);
});

test("LoopbackUdQpTest.Write: there is no WRITE by datagrams", async ({ lab }) => {
  await expectUnsupported(lab, oneSided.write);
});

test("LoopbackUdQpTest.FetchAdd: there is no fetch and add by datagrams", async ({ lab }) => {
  await expectUnsupported(lab, oneSided.fetchAdd);
});

test("LoopbackUdQpTest.CompareSwap: there is no compare and swap by datagrams", async ({ lab }) => {
  await expectUnsupported(lab, oneSided.compareSwap);
});

test("LoopbackUdQpTest.MultiThreadedAhLifecycle: tasks make and destroy address handles by turns, and none is mistaken", async ({
  lab,
}) => {
  const context = lab.context(0);
  const alive = new Set<number>();
  await interleave(lab, 16, async () => {
    const pd = context.allocPd();
    for (let cycle = 0; cycle < 8; cycle++) {
      const handles = [];
      for (let i = 0; i < 16; i++) {
        const ah = pd.createAh({ dlid: 1 + i });
        expect(alive.has(ah.handle)).toBe(false);
        alive.add(ah.handle);
        handles.push(ah);
        await pause();
      }
      for (const [i, ah] of handles.entries()) {
        expect(context.hca.queryAh(ah.handle)).toMatchObject({ pd: pd.handle, dlid: 1 + i });
        ah.destroy();
        alive.delete(ah.handle);
        await pause();
      }
    }
    pd.dealloc();
  });
  expect(alive.size).toBe(0);
});

test("AdvancedLoopbackTest.RcSendToUd: a connection to a queue pair for datagrams reaches nobody", async ({ lab }) => {
  const a = makeEnd(lab.context(0));
  const { b } = datagramPair(lab);
  const path = { dlid: b.context.lid, destQpn: b.qp.qpn, rqPsn: 0, pathMtu: 1024, maxDestRdAtomic: 1, minRnrTimer: 1 };
  a.qp.modify({ state: "INIT", access: 0 });
  a.qp.modify({ state: "RTR", ...path });
  a.qp.modify({ state: "RTS", sqPsn: 0, timeout: 8, retryCnt: 2, rnrRetry: 1, maxRdAtomic: 1 });
  postReceive(b, 1000);
  expect(await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)] })).toBe("WC_RETRY_EXC_ERR");
  expect(b.recvCq.poll()).toEqual([]);
});

test("AdvancedLoopbackTest.UdSendToRc: a datagram to a connection is lost, and the connection goes on", async ({
  lab,
}) => {
  const { a } = datagramPair(lab);
  const [peer, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
  connect(peer.qp, b.qp);
  b.qp.postRecv({ wrId: 7, sgList: [b.mr.sge(0, 2000)] });
  expect(await statusOf(lab, a, datagram(a, 1000, targetOf(a, b)))).toBe("WC_SUCCESS");
  await lab.calm();
  expect(b.recvCq.poll()).toEqual([]);
  expect(await statusOf(lab, peer, { opcode: "WR_SEND", sgList: [peer.mr.sge(0, 5)] })).toBe("WC_SUCCESS");
  expect(await lab.completion(b.recvCq)).toMatchObject({ wrId: 7, byteLen: 5, status: "WC_SUCCESS" });
});
