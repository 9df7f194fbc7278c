import { setTimeout as sleep } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { defaults, NomadError } from "@nomad/base";
import { type AuthenticatedSocket, connect, type Hello, type TlsIdentity } from "@nomad/wire";
import type { BulkFaults } from "../../faults/shell/bulk-faults.ts";
import { type BulkHeader, decodeFrame, encodeControl, encodePages, frameLeadBytes, moveKey } from "../bulk-frame.ts";
import type { RoundOptions, RoundProgress, RoundResult } from "../calls.ts";
import { type FrameBuffer, FrameBuffers } from "../frame-buffers.ts";
import { digestOf, firstGuestPage, hashWords, PageHasher } from "../page-hasher.ts";
import { PageTracker } from "../page-tracker.ts";
import { within } from "./within.ts";

const buffersPerMove = 8;
/** Pages hashed in one go. */
const scanPages = 1024;
/** A destination that takes nothing for so long is given up. */
const stallMs = 10_000;
/** How often it is told how far a round is, ms. */
const tellEveryMs = 250;

export interface SourceOptions {
  readonly move: string;
  readonly url: string;
  readonly memory: WebAssembly.Memory;
  readonly module: WebAssembly.Module;
  readonly secret: Uint8Array;
  readonly tls: TlsIdentity | undefined;
  readonly hello: Hello;
  readonly faults: BulkFaults;
}

interface Progress {
  readonly options: RoundOptions;
  readonly startedMs: number;
  readonly onProgress: (progress: RoundProgress) => void;
  readonly hashes: Int32Array;
  flip: boolean;
  toldMs: number;
  /** Numbers of the pages, in their order. */
  readonly sent: number[];
  bytes: number;
}

/** The source's side of one move: scans memory and sends what changed, round by round, over a connection of its own. */
export class BulkSource {
  readonly hasher: PageHasher;
  readonly #key: string;
  readonly #memory: Buffer;
  readonly #socket: AuthenticatedSocket;
  readonly #tracker: PageTracker;
  readonly #buffers: FrameBuffers;
  #failure: NomadError | null = null;
  #answer: PromiseWithResolvers<BulkHeader> | null = null;
  #round = 0;
  #sequence = 0;

  /** Connects to the destination's bulk port. Rejects as `connect` of the wire does. */
  static async open(options: SourceOptions): Promise<BulkSource> {
    const { url, secret, tls, hello } = options;
    return new BulkSource(options, await connect(url, { secret, tls, hello, timeoutMs: defaults.controlRequestMs }));
  }

  private constructor({ move, memory, module, faults }: SourceOptions, socket: AuthenticatedSocket) {
    this.#key = moveKey(move);
    this.#memory = Buffer.from(memory.buffer);
    this.hasher = new PageHasher(module, memory);
    this.#buffers = new FrameBuffers(module, buffersPerMove);
    this.#tracker = new PageTracker(firstGuestPage, this.hasher.pages, zeroHash(module));
    this.#socket = socket;
    socket.onMessage = faults.from(socket.peer.name, (bytes) => this.#receive(bytes));
    socket.onClose = (error) => {
      this.#fail(error ?? new NomadError("E_UNREACHABLE", "the bulk connection was closed"));
    };
  }

  /**
   * Sends every page that is not at the destination as it is here, and waits until they are in its memory. Rejects with
   * E_UNREACHABLE (connection lost), E_TIMEOUT (no progress), E_FRAME (either side misunderstood), E_STATE.
   */
  async round(options: RoundOptions, onProgress: (progress: RoundProgress) => void = () => {}): Promise<RoundResult> {
    if (options.round !== this.#round) {
      throw new NomadError("E_STATE", `round ${options.round} was asked for, ${this.#round} is next`);
    }
    this.#round++;
    const hashes = new Int32Array((this.hasher.pages - firstGuestPage) * hashWords);
    const flip = options.inject === "flip-page";
    const startedMs = performance.now();
    const progress: Progress = { options, startedMs, toldMs: startedMs, onProgress, hashes, flip, sent: [], bytes: 0 };
    try {
      await this.#sendChanged(progress);
      if (options.inject === "zero-page") await this.#sendZeros(progress);
      await this.#finish(progress);
    } catch (error) {
      // What the destination has is not known any more: this move is over.
      this.close();
      throw error;
    }
    return {
      pages: progress.sent.length,
      bytes: progress.bytes,
      ms: performance.now() - progress.startedMs,
      digest: options.final ? digestOf(hashes) : null,
    };
  }

  close(): void {
    this.#socket.terminate();
  }

  async #sendChanged(progress: Progress): Promise<void> {
    let buffer: FrameBuffer | null = null;
    for (let first = firstGuestPage; first < this.hasher.pages; first += scanPages) {
      for (const page of this.#scan(first, progress)) {
        buffer ??= await this.#take();
        if (!this.#buffers.copy(buffer, this.#memory, page)) continue;
        this.#send(buffer, progress);
        buffer = null;
        this.#tell(page, progress);
        await this.#pace(progress);
      }
    }
    if (buffer) this.#send(buffer, progress);
  }

  /**
   * A page goes again, as zeros, and is taken for what it is here: the one after a third of those sent, above what the
   * program's libraries have, and below its garbage.
   */
  async #sendZeros(progress: Progress): Promise<void> {
    const page = progress.sent[Math.floor(progress.sent.length / 3)];
    if (page === undefined) return;
    const buffer = await this.#take();
    this.#buffers.copy(buffer, this.#memory, page);
    this.#send(buffer, progress, true);
  }

  async #take(): Promise<FrameBuffer> {
    const buffer = await within(stallMs, this.#buffers.take(), "the destination took no pages");
    // A connection that is lost gives its buffers back.
    if (this.#failure) throw this.#failure;
    return buffer;
  }

  /** Those of the next `scanPages` pages from `first` on that must be sent. */
  #scan(first: number, progress: Progress): number[] {
    const count = Math.min(scanPages, this.hasher.pages - first);
    const hashes = progress.hashes.subarray((first - firstGuestPage) * hashWords);
    this.hasher.hash(first, count, hashes);
    const changed = this.#tracker.changed(first, count, hashes);
    // A flip needs a page to happen in.
    return progress.flip && changed.length === 0 && progress.sent.length === 0 ? [first] : changed;
  }

  #send(buffer: FrameBuffer, progress: Progress, asZeros = false): void {
    const hashes = this.#buffers.hashes(buffer);
    for (const [i, page] of buffer.pages.entries()) this.#tracker.sent(page, hashes, i * hashWords);
    if (progress.flip) buffer.bytes[frameLeadBytes] = (buffer.bytes[frameLeadBytes] as number) ^ 1;
    progress.flip = false;
    if (asZeros) buffer.bytes.fill(0, frameLeadBytes, frameLeadBytes + defaults.pageBytes);
    const header = this.#header("pages", progress, buffer.pages.length);
    const frame = encodePages(buffer.bytes, header, buffer.pages, crc32);
    progress.sent.push(...buffer.pages);
    progress.bytes += frame.length;
    this.#socket.send(frame, () => this.#buffers.give(buffer));
  }

  #tell(page: number, progress: Progress): void {
    const now = performance.now();
    if (now - progress.toldMs < tellEveryMs) return;
    progress.toldMs = now;
    const totalPages = this.hasher.pages - firstGuestPage;
    const { bytes, startedMs } = progress;
    progress.onProgress({ scannedPages: page + 1 - firstGuestPage, totalPages, bytes, ms: now - startedMs });
  }

  async #pace({ options, bytes, startedMs }: Progress): Promise<void> {
    if (!options.bytesPerSecondMax) return;
    const aheadMs = (bytes / options.bytesPerSecondMax) * 1000 - (performance.now() - startedMs);
    if (aheadMs >= 1) await sleep(aheadMs);
  }

  async #finish(progress: Progress): Promise<void> {
    if (this.#failure) throw this.#failure;
    this.#answer = Promise.withResolvers();
    const end = encodeControl(this.#header("round-end", progress, progress.sent.length), crc32);
    progress.bytes += end.length;
    this.#socket.send(end);
    const { round, count } = await within(stallMs, this.#answer.promise, "the destination answered no end of a round");
    if (round === progress.options.round && count === progress.sent.length) return;
    throw new NomadError("E_FRAME", `the destination applied ${count} pages of round ${round}`);
  }

  #receive(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes, crc32);
    if (typeof frame === "string") this.#socket.close(new NomadError("E_FRAME", frame));
    else if (frame.type === "applied" && frame.move === this.#key) this.#answer?.resolve(frame);
    else this.#socket.close(new NomadError("E_FRAME", "what the destination sent is no answer"));
  }

  #fail(error: NomadError): void {
    this.#failure ??= error;
    this.#answer?.reject(this.#failure);
  }

  #header(type: BulkHeader["type"], { options }: Progress, count: number): BulkHeader {
    return { type, move: this.#key, round: options.round, sequence: this.#sequence++, count };
  }
}

function zeroHash(module: WebAssembly.Module): Int32Array {
  const hash = new Int32Array(hashWords);
  new PageHasher(module, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })).hash(0, 1, hash);
  return hash;
}
