import { WorkCompletion } from "@nomad/verbs";
import { expect } from "vitest";
import { connect, type End, makeEnd, remoteOf } from "./kit/ends.ts";
import { siblingOf } from "./kit/siblings.ts";
import { openLab, virtualTest } from "./kit/test.ts";
import { fill, oneSided } from "./kit/work.ts";

const queuePairs = 100;
const operations = 100_000;
const window = 16;
const bytes = 32;

virtualTest(
  "StressTest.Write32B100Qp100kOps: 100,000 WRITEs over 100 queue pairs complete once each, in order",
  async () => {
    await using lab = await openLab({ heapBytes: 32 * 1024 * 1024 });
    const [a, b] = [makeEnd(lab.context(0)), makeEnd(lab.context(1))];
    fill(a.buffer.bytes, 1);
    const sendCq = a.context.createCq({ entries: 2 * queuePairs * window });
    const options = { maxSendWr: window, maxRecvWr: 1 };
    const own = Array.from({ length: queuePairs }, () => siblingOf(a, { ...options, sendCq, recvCq: sendCq }));
    for (const { qp } of own) connect(qp, siblingOf(b, { ...options, sendCq: b.sendCq, recvCq: b.recvCq }).qp);

    const index = new Map(own.map(({ qp }, i) => [qp.qpn, i]));
    const posted = own.map(() => 0);
    const done = own.map(() => 0);
    const post = (i: number) => {
      const at = bytes * i;
      const wr = oneSided.write(a.mr.sge(at, bytes), remoteOf(b, at));
      (own[i] as End).qp.postSend({ ...wr, wrId: posted[i] ?? 0 });
      posted[i] = (posted[i] ?? 0) + 1;
    };
    for (let i = 0; i < queuePairs; i++) for (let n = 0; n < window; n++) post(i);
    const wcs = Array.from({ length: 64 }, () => new WorkCompletion());
    for (let total = 0; total < operations; ) {
      const count = sendCq.pollInto(wcs);
      if (count === 0) await lab.until(sendCq.wait());
      for (const wc of wcs.slice(0, count)) {
        const i = index.get(wc.qpNum) ?? -1;
        if (wc.status !== "WC_SUCCESS" || wc.wrId !== done[i]) expect.fail(`${wc.status} of work request ${wc.wrId}`);
        done[i] = (done[i] ?? 0) + 1;
        if ((posted[i] ?? 0) < operations / queuePairs) post(i);
      }
      total += count;
    }
    expect(done).toEqual(own.map(() => operations / queuePairs));
    const written = bytes * queuePairs;
    expect(b.buffer.bytes.subarray(0, written)).toEqual(a.buffer.bytes.subarray(0, written));
  },
);
