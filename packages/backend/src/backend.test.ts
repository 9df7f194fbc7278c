import { crc32 } from "node:zlib";
import {
  EINVAL,
  ENOSYS,
  HC_ALLOC_PD,
  HC_CREATE_CQ,
  HC_CREATE_QP,
  HC_DEALLOC_PD,
  HC_DEREG_MR,
  HC_DESTROY_CQ,
  HC_LOG,
  HC_LOOKUP,
  HC_MODIFY_QP,
  HC_QUERY_LKEYS,
  HC_REG_MR,
  HC_RESOLVE_RKEY,
  MAILBOX_DATA,
  MAILBOX_DATA_BYTES,
  MAILBOX_DONE,
  MAILBOX_OPERATION,
  MAILBOX_POSTED,
  MAILBOX_SEQUENCE,
  MAILBOX_STATE,
  MAILBOX_STATUS,
  MAILBOX_WORDS,
  MAILBOX_WORDS_MAX,
  PROGRAM_BASE,
  QP_AV,
  QP_DEST_QPN,
  QP_STATE,
  QPS_RTR,
  QPT_RC,
  VMM_EPOCH,
} from "@nomad/abi";
import { type Lid, Random, type RKey, type VLid } from "@nomad/base";
import { Hca } from "@nomad/hca";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Backend } from "./backend.ts";
import { deviceMemory } from "./device-memory.ts";

const vlid = 0x1000 as VLid;
const memoryBytes = PROGRAM_BASE + 64 * 1024;

function setup() {
  const asked: unknown[] = [];
  const note = (what: string) => (request: unknown) => void asked.push({ what, request });
  const backend = new Backend({
    lid: 1 as Lid,
    makeHca: (events) => {
      const egress = { reserve: () => null, commit: () => {} };
      return new Hca({ lid: 1 as Lid, random: new Random(1), crc32, icrc: true, egress, events });
    },
    events: {
      connect: note("connect"),
      resolve: note("resolve"),
      address: note("address"),
      identify: note("identify"),
      publish: note("publish"),
      lookup: note("lookup"),
      report: (_, json) => void asked.push({ what: "report", request: json }),
      log: (_, line) => void asked.push({ what: "log", request: line }),
      drained: () => {},
    },
  });
  const memory = deviceMemory(new SharedArrayBuffer(memoryBytes));
  backend.create(vlid, memory, 5);
  let sequence = 0;
  const post = (operation: number, words: readonly number[] = [], data = "", again = false) => {
    if (!again) sequence++;
    const { view, bytes } = memory;
    view.setUint32(MAILBOX_SEQUENCE, sequence, true);
    view.setUint32(MAILBOX_OPERATION, operation, true);
    for (let i = 0; i < MAILBOX_WORDS_MAX; i++) view.setUint32(MAILBOX_WORDS + 4 * i, words[i] ?? 0, true);
    bytes.set(new TextEncoder().encode(data), MAILBOX_DATA);
    view.setUint32(MAILBOX_DATA_BYTES, data.length, true);
    Atomics.store(memory.words, MAILBOX_STATE >> 2, MAILBOX_POSTED);
    backend.bell(vlid, 0);
  };
  const result = () => {
    const done = Atomics.load(memory.words, MAILBOX_STATE >> 2) === MAILBOX_DONE;
    const words = Array.from({ length: MAILBOX_WORDS_MAX }, (_, i) =>
      memory.view.getUint32(MAILBOX_WORDS + 4 * i, true),
    );
    return { done, status: memory.view.getInt32(MAILBOX_STATUS, true), words };
  };
  const call = (operation: number, ...words: readonly number[]) => {
    post(operation, words);
    return result();
  };
  return { backend, memory, asked, post, call, result };
}

function queuePair(call: ReturnType<typeof setup>["call"]) {
  const [pd = 0] = call(HC_ALLOC_PD).words;
  const [cq = 0] = call(HC_CREATE_CQ, PROGRAM_BASE, PROGRAM_BASE + 64, 16).words;
  const queues = [PROGRAM_BASE + 4096, PROGRAM_BASE + 8192, 16, PROGRAM_BASE + 4160, PROGRAM_BASE + 16384, 16, 1, 1, 1];
  const created = call(HC_CREATE_QP, QPT_RC, pd, cq, cq, ...queues);
  return { pd, cq, created, vqpn: created.words[0] ?? 0 };
}

test("the guest finds its vLID and the epoch of its names in its first page", () => {
  const { memory } = setup();
  expect(memory.view.getUint32(VMM_EPOCH, true)).toBe(5);
});

test("a region's virtual key stays the same for a repeated call, and is another for another call", () => {
  const { call, post, result } = setup();
  const [pd = 0] = call(HC_ALLOC_PD).words;
  const first = call(HC_REG_MR, pd, PROGRAM_BASE, 4096, 1);
  post(HC_REG_MR, [pd, PROGRAM_BASE, 4096, 1], "", true);
  expect(result().words).toEqual(first.words);
  expect(call(HC_REG_MR, pd, PROGRAM_BASE, 4096, 1).words[0]).not.toBe(first.words[0]);
});

test("the driver can read the table of its own keys page by page", () => {
  const { call } = setup();
  const [pd = 0] = call(HC_ALLOC_PD).words;
  const keys = Array.from({ length: 40 }, (_, i) => call(HC_REG_MR, pd, PROGRAM_BASE + i, 16, 1).words.slice(0, 2));
  const seen: number[][] = [];
  for (let next = 0, count = -1; count !== 0; ) {
    const { words } = call(HC_QUERY_LKEYS, next);
    count = words[0] ?? 0;
    for (let i = 0; i < count; i++) seen.push(words.slice(1 + 2 * i, 3 + 2 * i));
    next = ((seen.at(-1)?.[0] ?? 0) >>> 8) + 1;
  }
  expect(seen).toEqual(keys);
});

test("objects in use are not destroyed", () => {
  const { call } = setup();
  const { pd, cq, created } = queuePair(call);
  expect(created.status).toBe(0);
  expect(call(HC_DEALLOC_PD, pd).status).toBeLessThan(0);
  expect(call(HC_DESTROY_CQ, cq).status).toBeLessThan(0);
});

test("what the guest does not have, it cannot use", () => {
  const { call } = setup();
  expect(call(HC_DEREG_MR, 0x100).status).toBe(-EINVAL);
  expect(call(HC_MODIFY_QP, 1, QP_STATE, 1).status).toBe(-EINVAL);
  expect(call(HC_REG_MR, 1, PROGRAM_BASE, 16, 1).status).toBe(-EINVAL);
  expect(call(999).status).toBe(-ENOSYS);
});

test("a region must lie in the guest's memory", () => {
  const { call } = setup();
  const [pd = 0] = call(HC_ALLOC_PD).words;
  expect(call(HC_REG_MR, pd, memoryBytes - 4, 8, 1).status).toBe(-EINVAL);
  expect(call(HC_REG_MR, pd, 0xffff_fff0, 0x20, 1).status).toBe(-EINVAL);
});

test("a queue pair on its way to RTR waits for its peer to be found", () => {
  const { backend, call, asked, result } = setup();
  const { vqpn } = queuePair(call);
  const pending = call(
    HC_MODIFY_QP,
    vqpn,
    QP_STATE | QP_AV | QP_DEST_QPN,
    QPS_RTR,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    7,
    0x1001,
  );
  expect(pending.done).toBe(false);
  expect(asked).toEqual([
    { what: "connect", request: { vlid, sequence: expect.any(Number), vqpn, remote: { vqpn: 7, vlid: 0x1001 } } },
  ]);
  const { sequence } = (asked[0] as { request: { sequence: number } }).request;
  backend.connected(vlid, sequence, -113, 0);
  expect(result()).toMatchObject({ done: true, status: -113 });
});

test("a key that a program asks for is answered by its owner's host, and a miss is not kept", () => {
  const { backend, call, asked, result } = setup();
  call(HC_RESOLVE_RKEY, 0x1001, 0x100);
  const wanted = { kind: "call" as const, sequence: 1 };
  expect(asked).toEqual([{ what: "resolve", request: { vlid, owner: 0x1001, vkey: 0x100, wanted } }]);
  backend.resolved(vlid, 0x1001 as VLid, 0x100 as never, wanted, null);
  expect(result().status).toBeLessThan(0);
  call(HC_RESOLVE_RKEY, 0x1001, 0x100);
  expect(asked).toHaveLength(2);
  backend.resolved(vlid, 0x1001 as VLid, 0x100 as never, { kind: "call", sequence: 2 }, { rkey: 77 as RKey, epoch: 3 });
  expect(result()).toMatchObject({ status: 0, words: expect.arrayContaining([77, 3]) });
});

test("an answer that comes too late, for a call that is over, changes nothing", () => {
  const { backend, call, result } = setup();
  call(HC_LOOKUP);
  call(HC_ALLOC_PD);
  const before = result();
  backend.answer(vlid, 1, { status: -5 });
  expect(result()).toEqual(before);
});

test("a line that a guest logs comes out as it is", () => {
  const { post, asked } = setup();
  post(HC_LOG, [], "hello");
  expect(asked).toEqual([{ what: "log", request: "hello" }]);
});

test("no hypercall of a guest's brings the host down, whatever its words", () => {
  const interesting = fc.oneof(
    fc.constantFrom(0, 1, 2, 3, PROGRAM_BASE, memoryBytes - 1, 0xffff_ffff),
    fc.nat(0xffff_ffff),
  );
  const calls = fc.array(fc.tuple(fc.integer({ min: 0, max: 17 }), fc.array(interesting, { maxLength: 16 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(calls, (sequence) => {
      const { call } = setup();
      for (const [operation, words] of sequence) call(operation, ...words);
    }),
  );
});
