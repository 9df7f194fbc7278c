import type { SendWr, Sge, WcStatus } from "@nomad/verbs";
import { expect } from "vitest";
import { type End, makePair, remoteOf } from "./kit/ends.ts";
import type { Lab } from "./kit/lab.ts";
import { wrongKey } from "./kit/operations.ts";
import { test } from "./kit/test.ts";
import { execute, oneSided, type Remote } from "./kit/work.ts";

// Each peer's word is 2 and each program's own 1, so that one sees which of them an atomic has touched.

type Make = (local: Sge, remote: Remote) => SendWr;

function wordOf(end: End, at = 0): bigint {
  return end.buffer.view.getBigUint64(at, true);
}

function makeWords(lab: Lab, options = {}): { a: End; b: End } {
  const pair = makePair(lab, options);
  pair.a.buffer.view.setBigUint64(0, 1n, true);
  pair.b.buffer.view.setBigUint64(0, 2n, true);
  return pair;
}

/** What a successful atomic leaves behind: at the requester what was there before, at the peer what is there now. */
async function expectAtomic(lab: Lab, make: Make, now: bigint): Promise<void> {
  const { a, b } = makeWords(lab);
  const done = await execute(lab, a, make(a.mr.sge(0, 8), remoteOf(b)));
  expect(done).toMatchObject({ wrId: 1, status: "WC_SUCCESS", qpNum: a.qp.qpn, byteLen: 8 });
  expect(done.opcode).toMatch(/^WC_(FETCH_ADD|COMP_SWAP)$/);
  expect([wordOf(a), wordOf(b)]).toEqual([2n, now]);
  expect([wordOf(a, 8), wordOf(b, 8)]).toEqual([0n, 0n]);
}

test("LoopbackRcQpTest.FetchAddNoOp: adding 0 reads the word and leaves it", ({ lab }) =>
  expectAtomic(lab, (local, remote) => oneSided.fetchAdd(local, remote, 0n), 2n));

test("LoopbackRcQpTest.FetchAddIncrementBy1: adding 1 returns what was there before", ({ lab }) =>
  expectAtomic(lab, (local, remote) => oneSided.fetchAdd(local, remote, 1n), 3n));

test("LoopbackRcQpTest.FetchAddLargeIncrement: all 64 bits are added", ({ lab }) =>
  expectAtomic(lab, (local, remote) => oneSided.fetchAdd(local, remote, 2n ** 40n + 5n), 2n ** 40n + 7n));

test("LoopbackRcQpTest.CompareSwapEqualWithSwap: an equal word is swapped", ({ lab }) =>
  expectAtomic(lab, (local, remote) => oneSided.compareSwap(local, remote, 2n, 3n), 3n));

test("LoopbackRcQpTest.CompareSwapNotEqualNoSwap: another word is returned and left", ({ lab }) =>
  expectAtomic(lab, (local, remote) => oneSided.compareSwap(local, remote, 1n, 3n), 2n));

test("LoopbackRcQpTest.FetchAddSplitSgl: what was there before is scattered over two elements", async ({ lab }) => {
  const { a, b } = makeWords(lab);
  b.buffer.view.setBigUint64(0, 0x1122334455667788n, true);
  a.buffer.bytes.fill(0xaa, 0, 32);
  const sgList = [a.mr.sge(8, 4), a.mr.sge(16, 4)];
  expect(await execute(lab, a, { opcode: "WR_ATOMIC_FETCH_AND_ADD", sgList, add: 15n, ...remoteOf(b) })).toMatchObject({
    status: "WC_SUCCESS",
  });
  expect(wordOf(b)).toBe(0x1122334455667788n + 15n);
  expect([0, 8, 12, 16, 20].map((at) => a.buffer.bytes.readUInt32LE(at))).toEqual([
    0xaaaaaaaa, 0x55667788, 0xaaaaaaaa, 0x11223344, 0xaaaaaaaa,
  ]);
});

const addOne: Make = (local, remote) => oneSided.fetchAdd(local, remote, 1n);
const swap =
  (from: bigint): Make =>
  (local, remote) =>
    oneSided.compareSwap(local, remote, from, from + 1n);

for (const [title, first, second] of [
  [
    "LoopbackRcQpTest.UnsignaledFetchAdd: of two additions the one that is signaled completes, and both are done",
    addOne,
    addOne,
  ],
  [
    "LoopbackRcQpTest.UnsignaledCompareSwap: of two swaps the one that is signaled completes, and both are done",
    swap(2n),
    swap(3n),
  ],
] as const) {
  test(title, async ({ lab }) => {
    const { a, b } = makeWords(lab, { sqSigAll: false });
    a.qp.postSend({ ...first(a.mr.sge(0, 8), remoteOf(b)), wrId: 1 });
    a.qp.postSend({ ...second(a.mr.sge(8, 8), remoteOf(b)), wrId: 2, signaled: true });
    expect(await lab.completion(a.sendCq)).toMatchObject({ wrId: 2, status: "WC_SUCCESS" });
    expect([wordOf(a), wordOf(a, 8), wordOf(b)]).toEqual([2n, 3n, 4n]);
    await lab.calm();
    expect(a.sendCq.poll()).toEqual([]);
  });
}

/** How an atomic is made wrong. */
interface Wrong {
  readonly lkey?: true;
  readonly rkey?: true;
  readonly unaligned?: true;
  readonly bytes?: number;
  readonly unsignaled?: true;
}

const failures: readonly (readonly [
  title: string,
  kind: "fetchAdd" | "compareSwap",
  wrong: Wrong,
  status: WcStatus,
])[] = [
  [
    "LoopbackRcQpTest.FetchAddInvalidSize: an addition whose elements are not of 8 bytes fails here",
    "fetchAdd",
    { bytes: 9 },
    "WC_LOC_LEN_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapInvalidSize: a swap whose elements are not of 8 bytes fails here",
    "compareSwap",
    { bytes: 7 },
    "WC_LOC_LEN_ERR",
  ],
  [
    "LoopbackRcQpTest.FetchAddUnaligned: an addition to a word that is not aligned is an invalid request",
    "fetchAdd",
    { unaligned: true },
    "WC_REM_INV_REQ_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapUnaligned: a swap of a word that is not aligned is an invalid request",
    "compareSwap",
    { unaligned: true },
    "WC_REM_INV_REQ_ERR",
  ],
  [
    "LoopbackRcQpTest.FetchAddInvalidLKey: an addition whose result has no place fails here, though the peer has added",
    "fetchAdd",
    { lkey: true },
    "WC_LOC_PROT_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapInvalidLKey: a swap whose result has no place fails here, though the peer has swapped",
    "compareSwap",
    { lkey: true },
    "WC_LOC_PROT_ERR",
  ],
  [
    "LoopbackRcQpTest.UnsignaledFetchAddError: an addition that fails completes though it is not signaled",
    "fetchAdd",
    { lkey: true, unsignaled: true },
    "WC_LOC_PROT_ERR",
  ],
  [
    "LoopbackRcQpTest.UnsignaledCompareSwapError: a swap that fails completes though it is not signaled",
    "compareSwap",
    { rkey: true, unsignaled: true },
    "WC_REM_ACCESS_ERR",
  ],
  [
    "LoopbackRcQpTest.FetchAddInvalidRKey: an addition by a key that was never given is refused",
    "fetchAdd",
    { rkey: true },
    "WC_REM_ACCESS_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapInvalidRKey: a swap by a key that was never given is refused",
    "compareSwap",
    { rkey: true },
    "WC_REM_ACCESS_ERR",
  ],
  [
    "LoopbackRcQpTest.FetchAddInvalidLKeyAndInvalidRKey: of an addition's two wrong keys the remote one is found first",
    "fetchAdd",
    { lkey: true, rkey: true },
    "WC_REM_ACCESS_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapInvalidRKeyAndInvalidLKey: of a swap's two wrong keys the remote one is found first",
    "compareSwap",
    { lkey: true, rkey: true },
    "WC_REM_ACCESS_ERR",
  ],
  [
    "LoopbackRcQpTest.FetchAddUnalignedInvalidLKey: an address that is not aligned is found before a wrong local key",
    "fetchAdd",
    { lkey: true, unaligned: true },
    "WC_REM_INV_REQ_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapUnalignedInvalidLKey: a swap's alignment is found wrong before its local key",
    "compareSwap",
    { lkey: true, unaligned: true },
    "WC_REM_INV_REQ_ERR",
  ],
  [
    "LoopbackRcQpTest.FetchAddUnalignedInvalidRKey: the peer looks at an addition's alignment before its key",
    "fetchAdd",
    { rkey: true, unaligned: true },
    "WC_REM_INV_REQ_ERR",
  ],
  [
    "LoopbackRcQpTest.CompareSwapUnalignedInvalidRKey: the peer looks at a swap's alignment before its key",
    "compareSwap",
    { rkey: true, unaligned: true },
    "WC_REM_INV_REQ_ERR",
  ],
];

for (const [title, kind, wrong, status] of failures) {
  test(title, async ({ lab }) => {
    const { a, b } = makeWords(lab, { sqSigAll: !wrong.unsignaled });
    const own = a.mr.sge(0, wrong.bytes ?? 8);
    const remote = remoteOf(b, wrong.unaligned ? 1 : 0);
    const local = wrong.lkey ? { ...own, lkey: wrongKey(own.lkey) } : own;
    const rkey = wrong.rkey ? wrongKey(remote.rkey) : remote.rkey;
    const done = await execute(lab, a, oneSided[kind](local, { ...remote, rkey }, 2n, 3n));
    expect(done).toMatchObject({ wrId: 1, status, qpNum: a.qp.qpn });
    // What has no place here was done there.
    const executed = status === "WC_LOC_PROT_ERR";
    expect([wordOf(a), wordOf(b)]).toEqual([1n, executed ? (kind === "fetchAdd" ? 4n : 3n) : 2n]);
    expect([a.qp.query().state, b.qp.query().state]).toEqual(["ERR", status.startsWith("WC_LOC") ? "RTS" : "ERR"]);
  });
}
