import { Worker } from "node:worker_threads";
import {
  MAILBOX_STATE,
  STOP_NONE,
  STOP_REFRESH,
  STOP_REQUESTED,
  VMM_SHUTDOWN,
  VMM_STOP,
  VMM_WAIT_ADDRESS,
} from "@nomad/abi";
import { assert, NomadError, unreachable } from "@nomad/base";
import type { Image, Manifest } from "@nomad/guest";
import { writeBootArguments } from "../boot-arguments.ts";
import { type GlobalValue, type GuestState, parseGuestState } from "../guest-state.ts";
import { setGuestClock } from "./clock.ts";
import type { FromGuest, GuestWorkerData, ToGuest } from "./messages.ts";
import { Throttle } from "./throttle.ts";

const wasmPageBytes = 65536;

/**
 * How often a guest that is to stop is woken, ms. Once is not enough: it may be about to go to sleep, past its last look
 * at the stop word.
 */
const wakeEveryMs = 1;

/**
 * When a guest is made to enter its functions anew, ms after it begins to run here. V8 compiles a busy function better,
 * but never replaces a frame that runs; and a program's main is one long call.
 */
const refreshAtMs = [50, 150, 500, 1500, 5000, 15_000] as const;

/**
 * What the guest is doing. `inert`: made, nothing has run. `prepared`: holds another guest's state. `running` includes
 * blocked; `stopping`: asked to unwind; `ended`: exited or trapped.
 */
export type GuestPhase = "inert" | "prepared" | "running" | "stopping" | "stopped" | "ended" | "destroyed";

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: NomadError) => void;
}

/** A guest on this host: its memory, and the thread that runs it. */
export class GuestVm {
  readonly name: string;
  /** The guest's linear memory; the back-end, the adapter and the bulk thread work on it too. */
  readonly memory: SharedArrayBuffer;
  /** The same, for modules that import it. */
  readonly wasmMemory: WebAssembly.Memory;
  /** The program's main has returned. */
  onExit: (code: number) => void = () => {};
  /** The program failed, or its thread died: E_GUEST_TRAP. */
  onTrap: (error: NomadError) => void = () => {};

  readonly #manifest: Manifest;
  readonly #worker: Worker;
  readonly #throttle: Throttle;
  readonly #words: Int32Array;
  readonly #view: DataView;
  #phase: GuestPhase = "inert";
  #end: GuestState | NomadError | null = null;
  #stop: Waiter<GuestState> | null = null;
  #prepare: Waiter<void> | null = null;
  #refreshes: NodeJS.Timeout[] = [];

  private constructor(
    name: string,
    manifest: Manifest,
    wasmMemory: WebAssembly.Memory,
    worker: Worker,
    throttle: Throttle,
  ) {
    const memory = wasmMemory.buffer;
    assert(memory instanceof SharedArrayBuffer, "a shared memory has a shared buffer");
    this.name = name;
    this.#manifest = manifest;
    this.wasmMemory = wasmMemory;
    this.memory = memory;
    this.#worker = worker;
    this.#throttle = throttle;
    this.#words = new Int32Array(memory);
    this.#view = new DataView(memory);
    worker.on("message", (message: FromGuest) => this.#handle(message));
    worker.on("error", (error) => this.#trapped(error instanceof Error ? error.message : String(error)));
  }

  /**
   * A guest with fresh memory and a thread of its own, its code compiled and linked: all that can fail. Instantiating
   * writes nothing to memory. Throws E_IMAGE when the module is not a guest's.
   */
  static async create(o: { readonly name: string; readonly image: Image }): Promise<GuestVm> {
    const { manifest } = o.image;
    const pages = manifest.memoryBytes / wasmPageBytes;
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    const throttle = new Throttle();
    const workerData: GuestWorkerData = {
      wasm: o.image.wasm,
      memory,
      globals: manifest.globals,
      throttle: throttle.words,
    };
    const worker = new Worker(new URL("./guest-worker.ts", import.meta.url), { workerData, name: `guest ${o.name}` });
    try {
      await linked(worker, manifest.name);
    } catch (error) {
      await worker.terminate();
      throw error;
    }
    return new GuestVm(o.name, manifest, memory, worker, throttle);
  }

  get phase(): GuestPhase {
    return this.#phase;
  }

  /** Starts the program. Throws E_USAGE or E_TOO_LARGE for arguments that cannot be passed. */
  boot(o: { readonly arguments: Readonly<Record<string, string>> }): void {
    this.#expect("inert");
    writeBootArguments(new Uint8Array(this.memory), o.arguments);
    this.#start({ kind: "boot" });
  }

  /**
   * Unwinds the guest wherever it is. Rejects with E_TIMEOUT after `deadlineMs`; the guest then goes on as if never
   * asked. Of a program that has ended, the state says so (`running: false`). Rejects with E_GUEST_TRAP if it failed.
   */
  stop(deadlineMs: number): Promise<GuestState> {
    if (this.#end instanceof NomadError) return Promise.reject(this.#end);
    if (this.#end !== null) return Promise.resolve(this.#end);
    this.#expect("running");
    this.#phase = "stopping";
    this.#cancelRefreshes();
    this.throttle(0);
    const { promise, resolve, reject } = Promise.withResolvers<GuestState>();
    this.#stop = { resolve, reject };
    Atomics.store(this.#words, VMM_STOP / 4, STOP_REQUESTED);
    this.#wake();
    const waking = setInterval(() => this.#wake(), wakeEveryMs);
    const deadline = setTimeout(() => this.#giveUpStopping(deadlineMs), deadlineMs);
    return promise.finally(() => {
      clearInterval(waking);
      clearTimeout(deadline);
    });
  }

  /** Goes on after `stop`, at the same place. A program that has ended stays ended. */
  resume(): void {
    if (this.#end !== null) return;
    this.#expect("stopped");
    this.#rewind();
  }

  /**
   * Makes this guest the one whose state it is; its memory has been filled. Nothing runs yet. Throws E_MESSAGE when the
   * state does not fit the image.
   */
  async prepareRestore(received: GuestState): Promise<void> {
    this.#expect("inert");
    const state = parseGuestState(received, this.#manifest);
    setGuestClock(this.#view, state.clockNs);
    Atomics.store(this.#words, VMM_SHUTDOWN / 4, state.shutdown ? 1 : 0);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#prepare = { resolve, reject };
    this.#send({ kind: "set-globals", globals: state.globals });
    await promise;
    this.#phase = "prepared";
    if (!state.running) this.#end = state;
  }

  /** Goes on, after `prepareRestore`. A program that had ended stays ended. */
  run(): void {
    this.#expect("prepared");
    if (this.#end === null) this.#rewind();
    else this.#phase = "ended";
  }

  /** Keeps it from running for this share of the time, 0 to below 1, until it is stopped. Asleep it stays asleep. */
  throttle(share: number): void {
    this.#throttle.set(share, () => this.#refresh());
  }

  /** Asks the program to end in its own way. */
  shutdown(): void {
    Atomics.store(this.#words, VMM_SHUTDOWN / 4, 1);
    this.#wake();
  }

  /** Ends the thread, whatever it does; the memory stays readable as long as it is referred to. */
  async destroy(): Promise<void> {
    this.#phase = "destroyed";
    this.#cancelRefreshes();
    this.throttle(0);
    this.#fail(new NomadError("E_STATE", `guest ${this.name} was destroyed`));
    await this.#worker.terminate();
  }

  #rewind(): void {
    Atomics.store(this.#words, VMM_STOP / 4, STOP_NONE);
    this.#start({ kind: "rewind" });
  }

  #start(message: ToGuest): void {
    this.#phase = "running";
    this.#refreshes = refreshAtMs.map((ms) => setTimeout(() => this.#refresh(), ms).unref());
    this.#send(message);
  }

  /** Leaves a request to stop as it is, and a sleeping guest asleep. */
  #refresh(): void {
    Atomics.compareExchange(this.#words, VMM_STOP / 4, STOP_NONE, STOP_REFRESH);
  }

  #cancelRefreshes(): void {
    for (const timer of this.#refreshes) clearTimeout(timer);
  }

  #handle(message: FromGuest): void {
    switch (message.kind) {
      case "ready":
      case "unfit":
        break; // create() has waited for it
      case "globals-set":
        this.#prepare?.resolve();
        this.#prepare = null;
        break;
      case "stopped":
        this.#phase = "stopped";
        this.#settleStop(this.#stateOf(message, true));
        break;
      case "exited": {
        this.#phase = "ended";
        this.#end = this.#stateOf(message, false);
        this.#settleStop(this.#end);
        this.onExit(message.code);
        break;
      }
      case "trapped":
        this.#trapped(message.reason);
        break;
      default:
        unreachable(message);
    }
  }

  #stateOf(message: { globals: GlobalValue[]; clockNs: bigint }, running: boolean): GuestState {
    const shutdown = Atomics.load(this.#words, VMM_SHUTDOWN / 4) !== 0;
    return { globals: message.globals, clockNs: message.clockNs, shutdown, running };
  }

  #settleStop(state: GuestState): void {
    this.#stop?.resolve(state);
    this.#stop = null;
  }

  #trapped(reason: string): void {
    if (this.#phase === "destroyed") return;
    const error = new NomadError("E_GUEST_TRAP", `guest ${this.name} failed: ${reason}`);
    this.#phase = "ended";
    this.#end = error;
    this.#fail(error);
    this.onTrap(error);
  }

  #fail(error: NomadError): void {
    this.#stop?.reject(error);
    this.#prepare?.reject(error);
    this.#stop = null;
    this.#prepare = null;
  }

  /** Takes the request back, unless the guest has just unwound: then its message is on its way. */
  #giveUpStopping(deadlineMs: number): void {
    const seen = Atomics.compareExchange(this.#words, VMM_STOP / 4, STOP_REQUESTED, STOP_NONE);
    if (seen !== STOP_REQUESTED || this.#stop === null) return;
    this.#phase = "running";
    this.#stop.reject(new NomadError("E_TIMEOUT", `guest ${this.name} did not stop within ${deadlineMs} ms`));
    this.#stop = null;
  }

  /** Wakes the guest's thread where it may be blocked: in a hypercall, or on the address it has published. */
  #wake(): void {
    Atomics.notify(this.#words, MAILBOX_STATE / 4);
    const address = Atomics.load(this.#words, VMM_WAIT_ADDRESS / 4) >>> 0;
    if (address % 4 === 0 && address < this.memory.byteLength) Atomics.notify(this.#words, address / 4);
  }

  #expect(phase: GuestPhase): void {
    if (this.#phase !== phase) {
      throw new NomadError("E_STATE", `guest ${this.name} is ${this.#phase}, expected ${phase}`);
    }
  }

  #send(message: ToGuest): void {
    this.#worker.postMessage(message);
  }
}

/** Resolves when the worker has linked the module; rejects with E_IMAGE when it does not fit. */
function linked(worker: Worker, image: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unfit = (reason: string) => reject(new NomadError("E_IMAGE", `image ${image} is not a guest's: ${reason}`));
  const onMessage = (message: FromGuest) => (message.kind === "unfit" ? unfit(message.reason) : resolve());
  const onError = (error: unknown) => unfit(error instanceof Error ? error.message : String(error));
  worker.once("message", onMessage).once("error", onError);
  return promise.finally(() => worker.off("message", onMessage).off("error", onError));
}
