import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BulkThread, Journal, PageHasher } from "@nomad/daemon/parts";
import type { Probe } from "@nomad/measure";
import { type AuthenticatedSocket, connect, type Introduction, listen } from "@nomad/wire";
import { guestBytes } from "../amounts.ts";

const secret = randomBytes(32);
const host = "127.0.0.1";
const introduction: Introduction = {
  role: "host",
  name: "bench",
  bootId: "bench",
  protocol: 1,
  protocolMin: 1,
  abi: 1,
  parameters: {},
};

/** The parts that any move is made of, each alone, in this process and its threads; closed with the stack. */
export async function floorProbes(undo: AsyncDisposableStack): Promise<Map<string, Probe>> {
  return new Map([
    ["control-rtt", await controlProbe(undo)],
    ["memory-scan", memoryProbe()],
    ["journal-commit", journalProbe(undo)],
    ["bulk-bandwidth", await bulkProbe(undo)],
  ]);
}

async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** A small message there and back over an authenticated socket. */
async function controlProbe(undo: AsyncDisposableStack): Promise<Probe> {
  const { promise: accepted, resolve } = Promise.withResolvers<AuthenticatedSocket>();
  const server = await listen({
    ...{ host, port: 0, secret, hello: introduction, kinds: ["control"] },
    onSocket: resolve,
    onRefused: () => {},
  });
  undo.defer(() => server.close());
  const hello = { ...introduction, kind: "control" as const };
  const socket = await connect(`ws://${host}:${server.port}`, { secret, hello, timeoutMs: 5000 });
  undo.defer(() => socket.close());
  const other = await accepted;
  other.onMessage = (bytes) => other.send(bytes);
  const message = new Uint8Array(128);
  return () =>
    timed(() => {
      const { promise, resolve: back } = Promise.withResolvers<void>();
      socket.onMessage = () => back();
      socket.send(message);
      return promise;
    });
}

/** A look at every page of a guest, as each round of copying takes. */
function memoryProbe(): Probe {
  const file = createRequire(import.meta.url).resolve("@nomad/guest/images/page-hash.wasm");
  const hasher = new PageHasher(new WebAssembly.Module(readFileSync(file)), guestMemory());
  return () => timed(() => hasher.digest());
}

function journalProbe(undo: AsyncDisposableStack): Probe {
  const directory = mkdtempSync(join(tmpdir(), "nomad-bench-"));
  undo.defer(() => rmSync(directory, { recursive: true }));
  const journal = new Journal(join(directory, "journal.db"));
  undo.defer(() => journal.close());
  const value = JSON.stringify({ record: "x".repeat(1000) });
  return () => timed(() => journal.commit([{ table: "moves", key: "1-1", value }]));
}

/** All of a guest's memory, as the first round of copying sends it. MB/s */
async function bulkProbe(undo: AsyncDisposableStack): Promise<Probe> {
  const start = () => BulkThread.start({ host, secret, hello: introduction });
  const [source, destination] = [await start(), await start()];
  undo.defer(() => source.close());
  undo.defer(() => destination.close());
  const from = guestMemory();
  const words = new Uint32Array(from.buffer);
  for (const i of words.keys()) words[i] = i;
  let moves = 0;
  return async () => {
    const move = `bench-${moves++}`;
    await destination.expect(move, guestMemory());
    await source.open(move, `ws://${host}:${destination.port}`, from);
    const { bytes, ms } = await source.round(move, { round: 0, final: false });
    await Promise.all([source.forget(move), destination.forget(move)]);
    return bytes / ms / 1000;
  };
}

function guestMemory(): WebAssembly.Memory {
  const pages = guestBytes / 65_536;
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
}
