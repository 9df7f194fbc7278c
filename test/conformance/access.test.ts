import { access, type SendWr, type Sge, type WcStatus } from "@nomad/verbs";
import { expect } from "vitest";
import { allAccess, type End, makePair } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { test } from "./kit/test.ts";
import { boundWindow, remoteAccess } from "./kit/windows.ts";
import { oneSided, type Remote, statusOf } from "./kit/work.ts";

// What the rights of a region or window allow (IBA 10.6.3, 11.2.8).

const { LOCAL_WRITE, REMOTE_WRITE, REMOTE_READ, REMOTE_ATOMIC, MW_BIND, ZERO_BASED } = access;
const noLocalWrite = MW_BIND | REMOTE_READ;

/** A SEND out of one region into another; the statuses at both ends. */
async function sendBetween(lab: Lab, source: number, target: number): Promise<[WcStatus, WcStatus]> {
  const { a, b } = makePair(lab);
  b.qp.postRecv({ sgList: [b.pd.regMr(b.buffer, target).sge(0, 64)] });
  const sent = await statusOf(lab, a, { opcode: "WR_SEND", sgList: [a.pd.regMr(a.buffer, source).sge(0, 64)] });
  return [sent, (await lab.completion(b.recvCq)).status];
}

test("MessagingAccessTest.AllAccess: a message goes from a region that allows all to another", async ({ lab }) => {
  expect(await sendBetween(lab, allAccess, allAccess)).toEqual(["WC_SUCCESS", "WC_SUCCESS"]);
});

test("MessagingAccessTest.MissingSrcLocalWrite: to send from a region needs no right to write it", async ({ lab }) => {
  expect(await sendBetween(lab, noLocalWrite, allAccess)).toEqual(["WC_SUCCESS", "WC_SUCCESS"]);
});

test("MessagingAccessTest.MissingDstLocalWrite: to receive into a region needs local write", async ({ lab }) => {
  expect(await sendBetween(lab, allAccess, noLocalWrite)).toEqual(["WC_REM_OP_ERR", "WC_LOC_PROT_ERR"]);
});

test("MessagingAccessTest.MissingDstRemoteWrite: to receive needs no remote write", async ({ lab }) => {
  expect(await sendBetween(lab, allAccess, allAccess & ~REMOTE_WRITE)).toEqual(["WC_SUCCESS", "WC_SUCCESS"]);
});

const keyKinds = ["region", "window of type 1", "window of type 2"] as const;
type KeyKind = (typeof keyKinds)[number];

/** A key that gives a peer these rights to the end's buffer. */
async function keyTo(lab: Lab, end: End, kind: KeyKind, rights: number): Promise<number> {
  if (kind === "region") return end.pd.regMr(end.buffer, rights | LOCAL_WRITE).rkey;
  return (await boundWindow(lab, end, kind === "window of type 1" ? 1 : 2, { access: rights })).rkey;
}

type Operation = (local: Sge, remote: Remote) => SendWr;

/** How the operation ends for each kind of key with these rights, out of or into a local region with those. */
async function tryKeys(lab: Lab, operation: Operation, local: number, remote: number): Promise<WcStatus[]> {
  const statuses: WcStatus[] = [];
  for (const kind of keyKinds) {
    const { a, b } = makePair(lab);
    const rkey = await keyTo(lab, b, kind, remote);
    const wr = operation(a.pd.regMr(a.buffer, local).sge(0, 8), { remoteAddress: b.mr.address, rkey });
    statuses.push(await statusOf(lab, a, wr));
  }
  return statuses;
}

const each = (status: WcStatus) => keyKinds.map(() => status);

test("RdmaAccessTest.AllAccess: a peer reads and writes what allows all", async ({ lab }) => {
  expect(await tryKeys(lab, oneSided.read, allAccess, remoteAccess)).toEqual(each("WC_SUCCESS"));
  expect(await tryKeys(lab, oneSided.write, allAccess, remoteAccess)).toEqual(each("WC_SUCCESS"));
});

test("RdmaAccessTest.ZeroBasedAccess: a peer names the bytes of a zero-based region or window from 0 on", async ({
  lab,
}) => {
  for (const kind of ["region", "window of type 2"] as const) {
    for (const operation of [oneSided.read, oneSided.write]) {
      const { a, b } = makePair(lab);
      const rkey = await keyTo(lab, b, kind, remoteAccess | ZERO_BASED);
      const at = (remoteAddress: number) => statusOf(lab, a, operation(a.mr.sge(0, 8), { remoteAddress, rkey }));
      expect(await at(0), kind).toBe("WC_SUCCESS");
      expect(await at(b.buffer.length - 8), kind).toBe("WC_SUCCESS");
      expect(await at(b.buffer.length - 7), kind).toBe("WC_REM_ACCESS_ERR");
    }
  }
});

test("RdmaAccessTest.MissingSrcLocalWrite: to READ into a region needs local write, to WRITE from it does not", async ({
  lab,
}) => {
  expect(await tryKeys(lab, oneSided.read, noLocalWrite, remoteAccess)).toEqual(each("WC_LOC_PROT_ERR"));
  expect(await tryKeys(lab, oneSided.write, noLocalWrite, remoteAccess)).toEqual(each("WC_SUCCESS"));
});

test("RdmaAccessTest.MissingDstRemoteWrite: without remote write a peer reads and does not write", async ({ lab }) => {
  const rights = remoteAccess & ~REMOTE_WRITE;
  expect(await tryKeys(lab, oneSided.read, allAccess, rights)).toEqual(each("WC_SUCCESS"));
  expect(await tryKeys(lab, oneSided.write, allAccess, rights)).toEqual(each("WC_REM_ACCESS_ERR"));
});

test("RdmaAccessTest.MissingDstRemoteRead: without remote read a peer writes and does not read", async ({ lab }) => {
  const rights = remoteAccess & ~REMOTE_READ;
  expect(await tryKeys(lab, oneSided.read, allAccess, rights)).toEqual(each("WC_REM_ACCESS_ERR"));
  expect(await tryKeys(lab, oneSided.write, allAccess, rights)).toEqual(each("WC_SUCCESS"));
});

test("RdmaAccessTest.MissingDstRemoteAtomic: to read and write needs no right to atomics", async ({ lab }) => {
  const rights = remoteAccess & ~REMOTE_ATOMIC;
  expect(await tryKeys(lab, oneSided.read, allAccess, rights)).toEqual(each("WC_SUCCESS"));
  expect(await tryKeys(lab, oneSided.write, allAccess, rights)).toEqual(each("WC_SUCCESS"));
});

/** Both atomics end so, for each kind of key. */
async function expectAtomics(lab: Lab, local: number, remote: number, status: WcStatus): Promise<void> {
  for (const operation of [oneSided.fetchAdd, oneSided.compareSwap]) {
    expect(await tryKeys(lab, operation, local, remote)).toEqual(each(status));
  }
}

test("AtomicAccessTest.AllAccess: a peer's atomics are executed on what allows all", async ({ lab }) => {
  await expectAtomics(lab, allAccess, remoteAccess, "WC_SUCCESS");
});

test("AtomicAccessTest.MissingSrcLocalWrite: what an atomic fetches needs local write where it goes", async ({
  lab,
}) => {
  await expectAtomics(lab, noLocalWrite, remoteAccess, "WC_LOC_PROT_ERR");
});

test("AtomicAccessTest.MissingDstRemoteWrite: atomics need no remote write", async ({ lab }) => {
  await expectAtomics(lab, allAccess, remoteAccess & ~REMOTE_WRITE, "WC_SUCCESS");
});

test("AtomicAccessTest.MissingDstRemoteRead: atomics need no remote read", async ({ lab }) => {
  await expectAtomics(lab, allAccess, remoteAccess & ~REMOTE_READ, "WC_SUCCESS");
});

test("AtomicAccessTest.MissingDstRemoteAtomic: without the right to atomics there are none", async ({ lab }) => {
  await expectAtomics(lab, allAccess, remoteAccess & ~REMOTE_ATOMIC, "WC_REM_ACCESS_ERR");
});
