import { expect } from "vitest";
import { makePair } from "./kit/ends.ts";
import { test } from "./kit/test.ts";

test("LoopbackRcQpTest.Send: a message arrives whole, and completes at both ends", async ({ lab }) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(0xab, 0, 1000);
  b.qp.postRecv({ wrId: 1, sgList: [b.mr.sge(0, 2000)] });
  a.qp.postSend({ wrId: 2, opcode: "WR_SEND", sgList: [a.mr.sge(0, 1000)] });
  expect(await lab.completion(b.recvCq)).toMatchObject({
    wrId: 1,
    status: "WC_SUCCESS",
    opcode: "WC_RECV",
    byteLen: 1000,
    qpNum: b.qp.qpn,
  });
  expect(await lab.completion(a.sendCq)).toMatchObject({
    wrId: 2,
    status: "WC_SUCCESS",
    opcode: "WC_SEND",
    qpNum: a.qp.qpn,
  });
  expect(b.buffer.bytes.subarray(0, 1001)).toEqual(Buffer.concat([a.buffer.bytes.subarray(0, 1000), Buffer.alloc(1)]));
});
