import { Worker } from "node:worker_threads";
import { NomadError } from "@nomad/base";
import type { FaultHits, Introduction, StandingFault, TlsIdentity } from "@nomad/wire";
import type {
  BulkCallName,
  BulkCalls,
  BulkCounters,
  BulkReply,
  BulkRequest,
  RoundOptions,
  RoundProgress,
  RoundResult,
} from "../calls.ts";

export interface BulkThreadOptions {
  readonly host: string;
  /** Default 0: any free port. */
  readonly port?: number;
  readonly secret: Uint8Array;
  readonly tls?: TlsIdentity | undefined;
  readonly hello: Introduction;
}

interface Pending {
  readonly resolve: (output: BulkCalls[BulkCallName]["out"]) => void;
  readonly reject: (error: NomadError) => void;
  readonly onProgress: (progress: RoundProgress) => void;
}

/**
 * The thread of a host that carries the memory of moving guests. Each move goes over one connection, opened by its source,
 * and has one memory on each side; all promises reject with a `NomadError`.
 */
export class BulkThread {
  /** Where bulk connections are taken. */
  port = 0;
  readonly #worker = new Worker(new URL("./bulk-worker.ts", import.meta.url));
  readonly #pending = new Map<number, Pending>();
  readonly #exited = Promise.withResolvers<void>();
  #calls = 0;
  #failure: NomadError | null = null;

  private constructor() {
    this.#worker.on("message", (reply: BulkReply) => this.#settle(reply));
    this.#worker.on("error", (cause) => this.#fail(new NomadError("E_INTERNAL", `bulk thread: ${cause}`, { cause })));
    this.#worker.on("exit", () => {
      this.#fail(new NomadError("E_STATE", "the bulk thread has ended"));
      this.#exited.resolve();
    });
  }

  /** Starts the thread and listens. Rejects with E_CONFIG when it cannot listen. */
  static async start({ host, port = 0, secret, tls, hello }: BulkThreadOptions): Promise<BulkThread> {
    const thread = new BulkThread();
    try {
      thread.port = await thread.#call("listen", { host, port, secret, tls, hello });
    } catch (error) {
      await thread.close();
      throw error;
    }
    return thread;
  }

  /** Destination: takes the pages of a move into `memory`, which is all zero. */
  async expect(move: string, memory: WebAssembly.Memory): Promise<void> {
    await this.#call("expect", { move, memory });
  }

  /** Either side: digest of its own memory of a move, without the VMM's page; a destination has looked at it as the pages came. */
  digest(move: string): Promise<string> {
    return this.#call("digest", { move });
  }

  /** Source: connects to the destination's thread at `url`, for the pages of `memory`. */
  async open(move: string, url: string, memory: WebAssembly.Memory): Promise<void> {
    await this.#call("open", { move, url, memory });
  }

  /**
   * Source: sends what changed since the last round, or, in round 0, what is not zero; resolves when the destination has
   * it in memory, and tells now and then how far it is. Once a round has failed the move cannot be carried on: E_UNREACHABLE, E_TIMEOUT, E_FRAME, E_STATE.
   */
  round(
    move: string,
    options: RoundOptions,
    onProgress: (progress: RoundProgress) => void = () => {},
  ): Promise<RoundResult> {
    return this.#call("round", { move, ...options }, onProgress);
  }

  /** Either side: lets go of a move's memory and connection. Unknown moves are no error. */
  async forget(move: string): Promise<void> {
    await this.#call("forget", { move });
  }

  /** These faults stand, and no others; resolves with what those before have hit here. */
  faults(faults: readonly StandingFault[]): Promise<readonly FaultHits[]> {
    return this.#call("faults", { faults });
  }

  counters(): Promise<BulkCounters> {
    return this.#call("counters", undefined);
  }

  /** Ends every connection and the thread. */
  async close(): Promise<void> {
    if (this.#failure === null) await this.#call("close", undefined);
    await this.#exited.promise;
  }

  #call<Name extends BulkCallName>(
    name: Name,
    input: BulkCalls[Name]["in"],
    onProgress: Pending["onProgress"] = () => {},
  ): Promise<BulkCalls[Name]["out"]> {
    if (this.#failure) return Promise.reject(this.#failure);
    const id = this.#calls++;
    const pending = Promise.withResolvers<BulkCalls[Name]["out"]>();
    // The thread answers a call with that call's output.
    this.#pending.set(id, {
      resolve: (output) => pending.resolve(output as never),
      reject: pending.reject,
      onProgress,
    });
    const request: BulkRequest<Name> = { id, name, input };
    this.#worker.postMessage(request);
    return pending.promise;
  }

  #settle(reply: BulkReply): void {
    const pending = this.#pending.get(reply.id);
    if ("progress" in reply) return pending?.onProgress(reply.progress);
    this.#pending.delete(reply.id);
    if ("error" in reply) pending?.reject(new NomadError(reply.error.code, reply.error.message));
    else pending?.resolve(reply.output);
  }

  #fail(error: NomadError): void {
    this.#failure ??= error;
    for (const pending of this.#pending.values()) pending.reject(this.#failure);
    this.#pending.clear();
  }
}
