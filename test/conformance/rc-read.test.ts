import { expect } from "vitest";
import { makePair, remoteOf } from "./kit/ends.ts";
import { wrongKey } from "./kit/operations.ts";
import { test } from "./kit/test.ts";
import { bindWindow, boundWindow, throughWindow } from "./kit/windows.ts";
import { execute, fill, oneSided } from "./kit/work.ts";

test("LoopbackRcQpTest.BasicRead: a READ brings the peer's bytes, and the peer has no completion", async ({ lab }) => {
  const { a, b } = makePair(lab);
  fill(b.buffer.bytes, 3);
  const read = await execute(lab, a, oneSided.read(a.mr.sge(0, 100), remoteOf(b, 50)));
  expect(read).toMatchObject({ wrId: 1, status: "WC_SUCCESS", opcode: "WC_RDMA_READ", qpNum: a.qp.qpn, byteLen: 100 });
  expect(a.buffer.bytes.subarray(0, 100)).toEqual(b.buffer.bytes.subarray(50, 150));
  expect(a.buffer.bytes[100]).toBe(0);
  expect([...b.sendCq.poll(), ...b.recvCq.poll()]).toEqual([]);
});

test("LoopbackRcQpTest.BasicReadLargePayload: a READ of half a megabyte brings all of it", async ({ lab }) => {
  const { a, b } = makePair(lab, { bufferBytes: 512 * 1024 });
  fill(b.buffer.bytes, 4);
  expect(await execute(lab, a, oneSided.read(a.mr.sge(), remoteOf(b)))).toMatchObject({ status: "WC_SUCCESS" });
  expect(a.buffer.bytes.equals(b.buffer.bytes)).toBe(true);
});

test("LoopbackRcQpTest.UnsignaledRead: of two READs the one that is signaled completes", async ({ lab }) => {
  const { a, b } = makePair(lab, { sqSigAll: false });
  fill(b.buffer.bytes, 5);
  a.qp.postSend({ ...oneSided.read(a.mr.sge(0, 64), remoteOf(b)), wrId: 1 });
  a.qp.postSend({ ...oneSided.read(a.mr.sge(64, 64), remoteOf(b, 64)), wrId: 2, signaled: true });
  expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS" });
  expect(a.buffer.bytes.subarray(0, 128)).toEqual(b.buffer.bytes.subarray(0, 128));
  await lab.calm();
  expect(a.sendCq.poll()).toEqual([]);
});

test("LoopbackRcQpTest.QpSigAll: with sq_sig_all every work request completes, signaled or not", async ({ lab }) => {
  const { a, b } = makePair(lab, { sqSigAll: true });
  for (const [wrId, signaled] of [true, false].entries()) {
    a.qp.postSend({ ...oneSided.read(a.mr.sge(0, 8), remoteOf(b)), wrId, signaled });
  }
  expect((await lab.completions(a.sendCq, 2)).map((wc) => [wc.wrId, wc.status])).toEqual([
    [0, "WC_SUCCESS"],
    [1, "WC_SUCCESS"],
  ]);
});

for (const [title, type] of [
  ["LoopbackRcQpTest.Type1MWRead: a READ goes through a window of type 1", 1],
  ["LoopbackRcQpTest.Type2MWRead: a READ goes through a window of type 2", 2],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makePair(lab);
    fill(b.buffer.bytes, 6);
    const mw = await boundWindow(lab, b, type);
    const read = await execute(lab, a, oneSided.read(a.mr.sge(0, 100), throughWindow(b, mw, 10)));
    expect(read).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_RDMA_READ" });
    expect(a.buffer.bytes.subarray(0, 100)).toEqual(b.buffer.bytes.subarray(10, 110));
  });
}

test("LoopbackRcQpTest.Type1MWUnbind: binding a window of type 1 again gives it another key, and ends the old one", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const mw = await boundWindow(lab, b, 1);
  const before = throughWindow(b, mw);
  expect(await bindWindow(lab, b, mw)).toBe("WC_SUCCESS");
  expect(mw.rkey).not.toBe(before.rkey);
  const local = a.mr.sge(0, 64);
  expect(await execute(lab, a, oneSided.read(local, throughWindow(b, mw)))).toMatchObject({ status: "WC_SUCCESS" });
  expect(await execute(lab, a, oneSided.read(local, before))).toMatchObject({ status: "WC_REM_ACCESS_ERR" });
});

test("LoopbackRcQpTest.ReadInvalidLkey: a READ into a key that was never given fails here", async ({ lab }) => {
  const { a, b } = makePair(lab);
  b.buffer.bytes.fill(1);
  const local = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  const read = await execute(lab, a, oneSided.read(local, remoteOf(b)));
  expect(read).toMatchObject({ wrId: 1, status: "WC_LOC_PROT_ERR", qpNum: a.qp.qpn });
  expect(a.buffer.bytes.subarray(0, 64)).toEqual(Buffer.alloc(64));
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "RTS"]);
});

test("LoopbackRcQpTest.UnsignaledReadError: a READ that fails completes though it is not signaled", async ({ lab }) => {
  const { a, b } = makePair(lab, { sqSigAll: false });
  const remote = { ...remoteOf(b), rkey: wrongKey(b.mr.rkey) };
  expect(await execute(lab, a, oneSided.read(a.mr.sge(0, 64), remote))).toMatchObject({ status: "WC_REM_ACCESS_ERR" });
});

test("LoopbackRcQpTest.ReadInvalidRkey: a READ by a key that was never given is refused by the peer", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  b.buffer.bytes.fill(1);
  const remote = { ...remoteOf(b), rkey: wrongKey(b.mr.rkey) };
  const read = await execute(lab, a, oneSided.read(a.mr.sge(0, 64), remote));
  expect(read).toMatchObject({ wrId: 1, status: "WC_REM_ACCESS_ERR", qpNum: a.qp.qpn });
  expect(a.buffer.bytes.subarray(0, 64)).toEqual(Buffer.alloc(64));
});

test("LoopbackRcQpTest.ReadInvalidRKeyAndInvalidLKey: of two wrong keys the remote one is found first", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const local = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  const read = await execute(lab, a, oneSided.read(local, { ...remoteOf(b), rkey: wrongKey(b.mr.rkey) }));
  expect(read).toMatchObject({ wrId: 1, status: "WC_REM_ACCESS_ERR" });
  expect(b.qp.query().state).toBe("ERR");
});

test("LoopbackRcQpTest.ReadUnregisteredRemoteAddress: a READ outside of the key's region is refused by the peer", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  const elsewhere = b.context.alloc(64);
  const remote = { remoteAddress: elsewhere.address, rkey: b.mr.rkey };
  expect(await execute(lab, a, oneSided.read(a.mr.sge(0, 64), remote))).toMatchObject({ status: "WC_REM_ACCESS_ERR" });
});

test("LoopbackRcQpTest.SgePointerChase: the list of elements is the program's own again once it is posted", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  fill(b.buffer.bytes, 7);
  const sgList = [{ ...a.mr.sge(0, 64) }];
  a.qp.postSend({ opcode: "WR_RDMA_READ", sgList, ...remoteOf(b) });
  sgList[0] = { address: 0, length: 0, lkey: 0 };
  sgList.length = 0;
  expect(await lab.completion(a.sendCq)).toMatchObject({ status: "WC_SUCCESS" });
  expect(a.buffer.bytes.subarray(0, 64)).toEqual(b.buffer.bytes.subarray(0, 64));
});
