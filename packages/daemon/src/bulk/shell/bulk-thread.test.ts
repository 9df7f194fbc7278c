import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { crc32 } from "node:zlib";
import { PAGE_BYTES, VMM_PAGE_BYTES } from "@nomad/abi";
import { Random } from "@nomad/base";
import { connect, type Hello } from "@nomad/wire";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encodeControl, moveKey } from "../bulk-frame.ts";
import type { RoundResult } from "../calls.ts";
import { BulkThread } from "./bulk-thread.ts";

const wasmPageBytes = 65_536;
const secret = new TextEncoder().encode("a secret that both sides know");
const parameters = {};

const hello = (name: string): Hello => {
  return { kind: "bulk", role: "host", name, bootId: "boot", protocol: 1, protocolMin: 1, abi: 1, parameters };
};

function memoryOf(mebibytes: number): WebAssembly.Memory {
  const pages = (mebibytes * 1024 * 1024) / wasmPageBytes;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}

/** The guest's part of a memory. */
const guestBytes = (memory: WebAssembly.Memory) => Buffer.from(memory.buffer).subarray(VMM_PAGE_BYTES);

function fill(memory: WebAssembly.Memory, seed: number): void {
  const random = new Random(seed);
  const words = new Uint32Array(memory.buffer);
  for (const i of words.keys()) words[i] = random.uint32();
}

let source: BulkThread;
let destination: BulkThread;

beforeEach(async () => {
  const start = (name: string) => BulkThread.start({ host: "127.0.0.1", secret, hello: hello(name) });
  [source, destination] = await Promise.all([start("host-a"), start("host-b")]);
});
afterEach(() => Promise.all([source.close(), destination.close()]));

const url = () => `ws://127.0.0.1:${destination.port}`;

/** A move under way: both memories, opened and expected. */
async function begin(move: string, mebibytes: number) {
  const memories = { from: memoryOf(mebibytes), to: memoryOf(mebibytes) };
  await destination.expect(move, memories.to);
  await source.open(move, url(), memories.from);
  return memories;
}

async function startWriter(memory: WebAssembly.Memory) {
  const stop = new SharedArrayBuffer(4);
  const worker = new Worker(new URL("../testing/page-writer.ts", import.meta.url), { workerData: { memory, stop } });
  await once(worker, "message");
  return async () => {
    const exited = once(worker, "exit");
    Atomics.store(new Int32Array(stop), 0, 1);
    await exited;
  };
}

test("memory that is written to all the time arrives as it is when the writer stops", async () => {
  const { from, to } = await begin("move-1", 16);
  fill(from, 1);
  const stop = await startWriter(from);
  const rounds: RoundResult[] = [];
  for (let round = 0; round < 4; round++) rounds.push(await source.round("move-1", { round, final: false }));
  await stop();
  const last = await source.round("move-1", { round: 4, final: true });

  const pages = guestBytes(from).length / PAGE_BYTES;
  expect(rounds[0]).toMatchObject({ pages, digest: null });
  expect(rounds[1]?.pages).toBeGreaterThan(0);
  expect(rounds[0]?.bytes).toBeGreaterThan(pages * PAGE_BYTES);
  expect(last.digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await destination.digest("move-1")).toBe(last.digest);
  expect(await source.digest("move-1")).toBe(last.digest);
  expect(guestBytes(from).equals(guestBytes(to))).toBe(true);
});

test("the VMM's page is neither sent nor digested", async () => {
  const { from, to } = await begin("move-1", 1);
  Buffer.from(from.buffer).fill(1, 0, VMM_PAGE_BYTES);
  const { pages, digest } = await source.round("move-1", { round: 0, final: true });
  expect(pages).toBe(0);
  expect(await destination.digest("move-1")).toBe(digest);
  expect(Buffer.from(to.buffer).every((byte) => byte === 0)).toBe(true);
});

test("pages of zeros are not sent at first, and are once they were something else", async () => {
  const { from, to } = await begin("move-1", 1);
  const guest = guestBytes(from);
  guest[3 * PAGE_BYTES] = 1;
  expect(await source.round("move-1", { round: 0, final: false })).toMatchObject({ pages: 1 });
  expect(await source.round("move-1", { round: 1, final: false })).toMatchObject({ pages: 0 });
  guest[3 * PAGE_BYTES] = 0;
  expect(await source.round("move-1", { round: 2, final: true })).toMatchObject({ pages: 1 });
  expect(guestBytes(to).equals(guest)).toBe(true);
});

test.each([true, false])("a page flipped under way makes the digests differ (final round: %s)", async (final) => {
  const { from } = await begin("move-1", 1);
  fill(from, 2);
  const flipped = await source.round("move-1", { round: 0, final, inject: "flip-page" });
  const { digest } = final ? flipped : await source.round("move-1", { round: 1, final: true });
  expect(await source.digest("move-1")).toBe(digest);
  expect(await destination.digest("move-1")).not.toBe(digest);
});

test("a flip is made even when nothing has changed", async () => {
  await begin("move-1", 1);
  const { pages, digest } = await source.round("move-1", { round: 0, final: true, inject: "flip-page" });
  expect(pages).toBe(1);
  expect(await destination.digest("move-1")).not.toBe(digest);
});

test("a page that goes as zeros is not mended later: it is taken for what it is at the source", async () => {
  const { from, to } = await begin("move-1", 1);
  fill(from, 2);
  await source.round("move-1", { round: 0, final: false, inject: "zero-page" });
  expect(await source.round("move-1", { round: 1, final: true })).toMatchObject({ pages: 0 });
  const numbers = Array.from({ length: guestBytes(from).length / PAGE_BYTES }, (_, page) => page);
  const pageOf = (memory: WebAssembly.Memory, page: number) =>
    guestBytes(memory).subarray(page * PAGE_BYTES, (page + 1) * PAGE_BYTES);
  const wrong = numbers.filter((page) => !pageOf(from, page).equals(pageOf(to, page)));
  const third = Math.floor(numbers.length / 3);
  expect(wrong).toEqual([third]);
  expect(pageOf(to, third).every((byte) => byte === 0)).toBe(true);
});

test("two moves at once, one each way, do not disturb each other", async () => {
  const there = await begin("move-1", 4);
  const back = { from: memoryOf(4), to: memoryOf(4) };
  await source.expect("move-2", back.to);
  await destination.open("move-2", `ws://127.0.0.1:${source.port}`, back.from);
  fill(there.from, 3);
  fill(back.from, 4);
  await Promise.all([
    source.round("move-1", { round: 0, final: true }),
    destination.round("move-2", { round: 0, final: true }),
  ]);
  expect(guestBytes(there.from).equals(guestBytes(there.to))).toBe(true);
  expect(guestBytes(back.from).equals(guestBytes(back.to))).toBe(true);
});

test("a limit of bytes per second is kept", async () => {
  const { from } = await begin("move-1", 4);
  fill(from, 5);
  const bytesPerSecondMax = 16 * 1024 * 1024;
  const { bytes, ms } = await source.round("move-1", { round: 0, final: false, bytesPerSecondMax });
  expect(bytes / (ms / 1000)).toBeLessThan(bytesPerSecondMax * 1.1);
});

describe("errors", () => {
  test("pages of a move that is not expected: E_FRAME, counted", async () => {
    const memory = memoryOf(1);
    fill(memory, 6);
    await source.open("move-9", url(), memory);
    await expect(source.round("move-9", { round: 0, final: false })).rejects.toMatchObject({ code: "E_FRAME" });
    expect(await destination.counters()).toEqual({ framesRefused: 1, socketsRefused: 0 });
  });

  test("a memory that is larger than the destination's: E_FRAME", async () => {
    const memory = memoryOf(2);
    guestBytes(memory).fill(1);
    await destination.expect("move-1", memoryOf(1));
    await source.open("move-1", url(), memory);
    await expect(source.round("move-1", { round: 0, final: false })).rejects.toMatchObject({ code: "E_FRAME" });
  });

  test("a second connection for a move: E_FRAME, and the first goes on", async () => {
    const { from, to } = await begin("move-1", 1);
    fill(from, 7);
    await source.round("move-1", { round: 0, final: false });
    const intruder = await connect(url(), { secret, hello: hello("host-c"), timeoutMs: 5000 });
    const closed = new Promise((resolve) => {
      intruder.onClose = resolve;
    });
    const end = { type: "round-end", move: moveKey("move-1"), round: 1, sequence: 0, count: 0 } as const;
    intruder.send(encodeControl(end, crc32));
    expect(await closed).toMatchObject({ code: "E_FRAME", message: expect.stringMatching(/another connection/) });
    guestBytes(from)[0] = 1;
    await source.round("move-1", { round: 1, final: true });
    expect(guestBytes(from).equals(guestBytes(to))).toBe(true);
  });

  test("the destination goes away within a round: E_UNREACHABLE, and the move cannot go on", async () => {
    const { from } = await begin("move-1", 16);
    fill(from, 8);
    const round = source.round("move-1", { round: 0, final: false, bytesPerSecondMax: 1024 * 1024 });
    await Promise.all([expect(round).rejects.toMatchObject({ code: "E_UNREACHABLE" }), destination.close()]);
    await expect(source.round("move-1", { round: 1, final: true })).rejects.toMatchObject({ code: "E_UNREACHABLE" });
  });

  test("a move that is forgotten is unknown: E_STATE, at both sides", async () => {
    const { from } = await begin("move-1", 1);
    fill(from, 9);
    await source.forget("move-1");
    await destination.forget("move-1");
    await expect(source.round("move-1", { round: 0, final: true })).rejects.toMatchObject({ code: "E_STATE" });
    await expect(destination.digest("move-1")).rejects.toMatchObject({ code: "E_STATE" });
    await source.forget("move-1");
  });

  test("rounds out of turn, and moves named twice: E_STATE", async () => {
    const { from, to } = await begin("move-1", 1);
    await expect(source.round("move-1", { round: 1, final: false })).rejects.toMatchObject({ code: "E_STATE" });
    await expect(source.open("move-1", url(), from)).rejects.toMatchObject({ code: "E_STATE" });
    await expect(destination.expect("move-1", to)).rejects.toMatchObject({ code: "E_STATE" });
  });

  test("another secret: E_AUTH, counted", async () => {
    const stranger = await BulkThread.start({ host: "127.0.0.1", secret: Buffer.from("guess"), hello: hello("x") });
    await expect(stranger.open("move-1", url(), memoryOf(1))).rejects.toMatchObject({ code: "E_AUTH" });
    await stranger.close();
    expect(await destination.counters()).toEqual({ framesRefused: 0, socketsRefused: 1 });
  });

  test("a port that is taken: E_CONFIG", async () => {
    const start = BulkThread.start({ host: "127.0.0.1", port: source.port, secret, hello: hello("x") });
    await expect(start).rejects.toMatchObject({ code: "E_CONFIG" });
  });

  test("after close every call is refused, and closing again is no error", async () => {
    await source.close();
    await expect(source.counters()).rejects.toMatchObject({ code: "E_STATE" });
    await source.close();
  });
});
