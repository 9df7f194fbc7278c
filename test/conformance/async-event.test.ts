import { expect } from "vitest";
import { makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { execute, fill, oneSided } from "./kit/work.ts";

// A key that opens nothing: the requester learns it by a completion, the responder by an event (IBA 11.6.3.1).

async function expectViolation(lab: Lab, operation: "read" | "write"): Promise<void> {
  const { a, b } = makePair(lab);
  fill(a.buffer.bytes, 1);
  const [ofA, ofB] = [Buffer.from(a.buffer.bytes), Buffer.from(b.buffer.bytes)];
  const wr = oneSided[operation](a.mr.sge(0, 4096), { remoteAddress: b.mr.address, rkey: 0xdeadbeef });
  expect(await execute(lab, a, wr)).toMatchObject({ wrId: 1, status: "WC_REM_ACCESS_ERR", qpNum: a.qp.qpn });
  expect(a.buffer.bytes.equals(ofA)).toBe(true);
  expect(b.buffer.bytes.equals(ofB)).toBe(true);
  expect(b.context.asyncEvents.poll()).toEqual({ kind: "QP_ACCESS_ERR", qpn: b.qp.qpn });
  expect(b.context.asyncEvents.poll()).toBeNull();
  expect(b.qp.query().state).toBe("ERR");
  expect(a.context.asyncEvents.poll()).toBeNull();
}

test("AsyncEventTest.ReadRKeyViolation: a READ with a wrong key fails, and an event tells the responder", async ({
  lab,
}) => {
  await expectViolation(lab, "read");
});

test("AsyncEventTest.WriteRKeyViolation: a WRITE with a wrong key fails, and an event tells the responder", async ({
  lab,
}) => {
  await expectViolation(lab, "write");
});
