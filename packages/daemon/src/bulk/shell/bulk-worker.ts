// The bulk thread: answers the calls of calls.ts. One per host process, so that a move's pages do not hold up packets.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { type MessagePort, parentPort } from "node:worker_threads";
import { assert, NomadError } from "@nomad/base";
import { type Introduction, listen, type SocketServer } from "@nomad/wire";
import { BulkFaults } from "../../faults/shell/bulk-faults.ts";
import type { BulkCallName, BulkCalls, BulkReply, BulkRequest, RoundProgress } from "../calls.ts";
import { BulkDestinations } from "./bulk-destinations.ts";
import { BulkSource, type SourceOptions } from "./bulk-source.ts";

type OnProgress = (progress: RoundProgress) => void;
type Answers = {
  [Name in BulkCallName]: (input: BulkCalls[Name]["in"], onProgress: OnProgress) => Promise<BulkCalls[Name]["out"]>;
};

type Answer = (input: BulkRequest["input"], onProgress: OnProgress) => Promise<BulkCalls[BulkCallName]["out"]>;

class BulkWorker implements Answers {
  readonly #module: WebAssembly.Module;
  readonly #destinations: BulkDestinations;
  readonly #sources = new Map<string, BulkSource>();
  #server: SocketServer | null = null;
  #identity: (Pick<SourceOptions, "secret" | "tls" | "faults"> & { readonly hello: Introduction }) | null = null;
  #socketsRefused = 0;

  constructor(module: WebAssembly.Module) {
    this.#module = module;
    this.#destinations = new BulkDestinations(module);
  }

  async listen({ host, port, secret, tls, hello }: BulkCalls["listen"]["in"]): Promise<number> {
    const faults = new BulkFaults(hello.name);
    this.#identity = { secret, tls, hello, faults };
    this.#server = await listen({
      ...{ host, port, secret, tls, hello, kinds: ["bulk"] },
      onSocket: (socket) => this.#destinations.serve(socket, faults),
      onRefused: () => this.#socketsRefused++,
    });
    return this.#server.port;
  }

  async expect({ move, memory }: BulkCalls["expect"]["in"]): Promise<undefined> {
    this.#destinations.expect(move, memory);
  }

  async digest({ move }: BulkCalls["digest"]["in"]): Promise<string> {
    const digest = this.#destinations.digest(move) ?? this.#sources.get(move)?.hasher.digest();
    if (digest === undefined) throw unknownMove(move);
    return digest;
  }

  async open({ move, url, memory }: BulkCalls["open"]["in"]): Promise<undefined> {
    assert(this.#identity !== null, "the thread listens before it opens");
    if (this.#sources.has(move)) throw new NomadError("E_STATE", `move ${move} is open already`);
    const { secret, tls, faults } = this.#identity;
    const hello = { ...this.#identity.hello, kind: "bulk" as const };
    const options = { move, url, memory, module: this.#module, secret, tls, hello, faults };
    this.#sources.set(move, await BulkSource.open(options));
  }

  async round(
    { move, ...options }: BulkCalls["round"]["in"],
    onProgress: OnProgress,
  ): Promise<BulkCalls["round"]["out"]> {
    const source = this.#sources.get(move);
    if (source === undefined) throw unknownMove(move);
    return await source.round(options, onProgress);
  }

  async forget({ move }: BulkCalls["forget"]["in"]): Promise<undefined> {
    this.#sources.get(move)?.close();
    this.#sources.delete(move);
    this.#destinations.forget(move);
  }

  async faults({ faults }: BulkCalls["faults"]["in"]): Promise<BulkCalls["faults"]["out"]> {
    return this.#identity?.faults.set(faults) ?? [];
  }

  async counters(): Promise<BulkCalls["counters"]["out"]> {
    return { framesRefused: this.#destinations.framesRefused, socketsRefused: this.#socketsRefused };
  }

  async close(): Promise<undefined> {
    for (const source of this.#sources.values()) source.close();
    await this.#server?.close();
  }
}

async function serve(port: MessagePort): Promise<void> {
  const file = createRequire(import.meta.url).resolve("@nomad/guest/images/page-hash.wasm");
  const worker = new BulkWorker(await WebAssembly.compile(await readFile(file)));
  port.on("message", async ({ id, name, input }: BulkRequest) => {
    const answer = worker[name] as Answer;
    const tell: OnProgress = (progress) => port.postMessage({ id, progress } satisfies BulkReply);
    const reply: BulkReply = await answer.call(worker, input, tell).then(
      (output) => ({ id, output }),
      (error: unknown) => ({ id, error: plain(error) }),
    );
    port.postMessage(reply);
    if (name === "close") port.close();
  });
}

const unknownMove = (move: string) => new NomadError("E_STATE", `move ${move} is not known to the bulk thread`);

function plain(error: unknown): Extract<BulkReply, { error: object }>["error"] {
  if (error instanceof NomadError) return { code: error.code, message: error.message };
  return { code: "E_INTERNAL", message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

assert(parentPort !== null, "this file is a worker's");
await serve(parentPort);
