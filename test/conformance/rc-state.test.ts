import { connectQp } from "@nomad/verbs";
import { expect } from "vitest";
import { connect, type End, makeEnd, makePair, remoteOf } from "./kit/ends.ts";
import { wrongKey } from "./kit/operations.ts";
import { bringUp, type UpTo } from "./kit/states.ts";
import { test } from "./kit/test.ts";
import { execute, oneSided, statusOf } from "./kit/work.ts";

test("LoopbackRcQpTest.RemoteFatalError: a request that is refused ends both queue pairs, and what is posted after it is flushed", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  a.buffer.bytes.fill(1);
  const refused = await execute(lab, a, oneSided.compareSwap(a.mr.sge(0, 8), remoteOf(b, 1)));
  expect(refused).toMatchObject({ status: "WC_REM_INV_REQ_ERR", qpNum: a.qp.qpn });
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "ERR"]);
  const after = { ...oneSided.write(a.mr.sge(0, 64), remoteOf(b)), wrId: 2 };
  expect(await execute(lab, a, after)).toMatchObject({ wrId: 2, status: "WC_WR_FLUSH_ERR" });
  await lab.calm();
  expect(b.buffer.bytes.every((byte) => byte === 0)).toBe(true);
  expect([...a.sendCq.poll(), ...b.sendCq.poll(), ...b.recvCq.poll()]).toEqual([]);
});

test("LoopbackRcQpTest.QueryQpInitialState: both ends of a connection that was just made are ready to send", ({
  lab,
}) => {
  const a = makeEnd(lab.context(0));
  const b = makeEnd(lab.context(1));
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["RESET", "RESET"]);
  connect(a.qp, b.qp);
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["RTS", "RTS"]);
});

const answering: readonly UpTo[] = ["RTR", "RTS"];
const silent: readonly UpTo[] = ["RESET", "INIT", "ERR"];

test("RemoteRcQpStateTest.RemoteRcQpStateTests: a peer answers from RTR on, and in no state before it or in error", async ({
  lab,
}) => {
  for (const state of [...answering, ...silent]) {
    const patience = answering.includes(state) ? {} : { timeout: 8, retryCnt: 1 };
    for (const make of Object.values(oneSided)) {
      const a = makeEnd(lab.context(0), { bufferBytes: 64, cqEntries: 4, maxSendWr: 4, maxRecvWr: 4 });
      const b = makeEnd(lab.context(1), { bufferBytes: 64, cqEntries: 4, maxSendWr: 4, maxRecvWr: 4 });
      connectQp(a.qp, { lid: b.context.lid, qpn: b.qp.qpn, psn: 2000 }, 1000, patience);
      bringUp(b.qp, a.qp, state);
      const expected = answering.includes(state) ? "WC_SUCCESS" : "WC_RETRY_EXC_ERR";
      expect(await statusOf(lab, a, make(a.mr.sge(0, 8), remoteOf(b))), `${make.name} in ${state}`).toBe(expected);
    }
  }
});

function readWr(a: End, b: End, wrId: number) {
  return { ...oneSided.read(a.mr.sge(0, 64), remoteOf(b)), wrId };
}

test("LoopbackRcQpTest.FullSubmissionQueue: a send queue that is filled in halves takes twenty of them, in order", async ({
  lab,
}) => {
  const { a, b } = makePair(lab, { maxSendWr: 64 });
  const half = 32;
  let posted = 0;
  const post = () => {
    for (let i = 0; i < half; i++) a.qp.postSend(readWr(a, b, posted++));
  };
  post();
  const done: number[] = [];
  for (let batch = 1; batch < 20; batch++) {
    post();
    for (const wc of await lab.completions(a.sendCq, half)) {
      expect(wc.status).toBe("WC_SUCCESS");
      done.push(wc.wrId);
    }
  }
  done.push(...(await lab.completions(a.sendCq, half)).map((wc) => wc.wrId));
  expect(done).toEqual(Array.from({ length: 20 * half }, (_, i) => i));
});

test("LoopbackRcQpTest.FlushErrorPollTogether: behind a READ that fails here, the next work request is flushed, in order", async ({
  lab,
}) => {
  const { a, b } = makePair(lab);
  b.buffer.bytes.fill(1);
  const local = { ...a.mr.sge(0, 64), lkey: wrongKey(a.mr.lkey) };
  a.qp.postSend({ ...oneSided.read(local, remoteOf(b)), wrId: 1 });
  a.qp.postSend(readWr(a, b, 2));
  expect((await lab.completions(a.sendCq, 2)).map((wc) => [wc.wrId, wc.status])).toEqual([
    [1, "WC_LOC_PROT_ERR"],
    [2, "WC_WR_FLUSH_ERR"],
  ]);
  await lab.calm();
  expect(a.buffer.bytes.every((byte) => byte === 0)).toBe(true);
  expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", "RTS"]);
});
