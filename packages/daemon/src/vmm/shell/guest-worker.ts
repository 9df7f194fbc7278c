// The thread of a guest: instantiates the module, runs it, and when it has unwound waits for a message.

import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { ASYNCIFY_STRUCT, STOP_DONE, STOP_NONE, STOP_REFRESH, STOP_REQUESTED, VMM_STOP } from "@nomad/abi";
import { assert, unreachable } from "@nomad/base";
import type { GlobalValue } from "../guest-state.ts";
import { Asyncify, type GuestFunctions, requiredExports } from "./asyncify.ts";
import { guestClock } from "./clock.ts";
import { GuestImports } from "./guest-imports.ts";
import type { FromGuest, GuestWorkerData, ToGuest } from "./messages.ts";
import { rest } from "./throttle.ts";

class GuestMachine {
  readonly #data: GuestWorkerData;
  readonly #port: MessagePort;
  readonly #asyncify = new Asyncify();
  readonly #functions: GuestFunctions;
  readonly #globals: readonly WebAssembly.Global[];
  readonly #words: Int32Array;
  readonly #view: DataView;

  constructor(data: GuestWorkerData, port: MessagePort) {
    this.#data = data;
    this.#port = port;
    this.#words = new Int32Array(data.memory.buffer);
    this.#view = new DataView(data.memory.buffer);
    const imports = new GuestImports(data.memory, this.#asyncify).imports(data.memory);
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(data.wasm), imports);
    for (const name of requiredExports) {
      if (typeof exports[name] !== "function") throw new TypeError(`it does not export ${name}`);
    }
    this.#functions = exports as unknown as GuestFunctions;
    this.#asyncify.bind(this.#functions);
    this.#globals = data.globals.map(({ name, type }) => {
      const global = exports[name];
      const fits =
        global instanceof WebAssembly.Global && typeof global.value === (type === "i64" ? "bigint" : "number");
      if (!fits) throw new TypeError(`it does not export ${name} as ${type}`);
      return global;
    });
  }

  handle(message: ToGuest): void {
    switch (message.kind) {
      case "boot":
        this.#run();
        break;
      case "set-globals":
        for (const [i, { value }] of message.globals.entries()) {
          const global = this.#globals[i];
          assert(global !== undefined, "the state was checked against the manifest");
          global.value = value;
        }
        this.#send({ kind: "globals-set" });
        break;
      case "rewind":
        this.#asyncify.startRewind(ASYNCIFY_STRUCT);
        this.#run();
        break;
      default:
        unreachable(message);
    }
  }

  /** Runs the guest until it ends, traps or has unwound. */
  #run(): void {
    try {
      for (;;) {
        const code = this.#functions.run();
        if (!this.#asyncify.isUnwinding) {
          this.#send({ kind: "exited", code, globals: this.#globalValues(), clockNs: guestClock(this.#view) });
          return;
        }
        this.#asyncify.stopUnwind();
        if (this.#stopStillWanted()) {
          this.#send({ kind: "stopped", globals: this.#globalValues(), clockNs: guestClock(this.#view) });
          return;
        }
        rest(this.#data.throttle);
        this.#asyncify.startRewind(ASYNCIFY_STRUCT);
      }
    } catch (error) {
      this.#send({ kind: "trapped", reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** The host may have given up waiting, or only have wanted the guest to enter its functions anew: then it goes on. */
  #stopStillWanted(): boolean {
    Atomics.compareExchange(this.#words, VMM_STOP / 4, STOP_REFRESH, STOP_NONE);
    return Atomics.compareExchange(this.#words, VMM_STOP / 4, STOP_REQUESTED, STOP_DONE) === STOP_REQUESTED;
  }

  #globalValues(): GlobalValue[] {
    return this.#data.globals.map(
      ({ name, type }, i) => ({ name, type, value: this.#globals[i]?.value }) as GlobalValue,
    );
  }

  #send(message: FromGuest): void {
    this.#port.postMessage(message);
  }
}

assert(parentPort !== null, "runs as a worker thread");
const port = parentPort;
try {
  const machine = new GuestMachine(workerData as GuestWorkerData, port);
  port.on("message", (message: ToGuest) => machine.handle(message));
  port.postMessage({ kind: "ready" } satisfies FromGuest);
} catch (error) {
  port.postMessage({
    kind: "unfit",
    reason: error instanceof Error ? error.message : String(error),
  } satisfies FromGuest);
}
