import type { Clock } from "@nomad/base";
import { realClock } from "@nomad/daemon/shell";
import type { CompletionQueue, Context, WorkCompletion } from "@nomad/verbs";
import { type Device, openStandalone } from "@nomad/verbs/device";
import { TestFabric } from "@nomad/verbs/testing";

/** Set in the environment, the labs of a run are joined by sockets, and time is real. */
export const overSockets = process.env.NOMAD_CONFORMANCE_WIRE === "sockets";

export interface LabOptions {
  /** Contexts, each linked to each other. Default 2. */
  readonly contexts?: number;
  /** Memory of each context. Default 4 MiB. */
  readonly heapBytes?: number;
}

/** Where a test happens: contexts on one fabric, in memory under virtual time, or over WebSockets. */
export abstract class Lab implements AsyncDisposable {
  abstract readonly contexts: readonly Context[];
  protected abstract readonly clock: Clock;
  /** So long, ms, that whatever is under way has arrived. */
  protected abstract readonly calmMs: number;

  static open(options: LabOptions = {}): Promise<Lab> {
    return overSockets ? SocketLab.join(options) : Promise.resolve(new MemoryLab(options));
  }

  /** Lets time pass until `work` is settled. */
  abstract until<T>(work: Promise<T>): Promise<T>;

  abstract [Symbol.asyncDispose](): Promise<void>;

  /** The context with this index. */
  context(index: number): Context {
    const context = this.contexts[index];
    if (context === undefined) throw new Error(`the lab has ${this.contexts.length} contexts`);
    return context;
  }

  /** The next completions of a queue, as many as are asked for, as they come. */
  async completions(cq: CompletionQueue, count: number): Promise<WorkCompletion[]> {
    const all: WorkCompletion[] = [];
    while (all.length < count) {
      all.push(...cq.poll(count - all.length));
      if (all.length < count) await this.until(cq.wait());
    }
    return all;
  }

  /** The next completion of a queue. */
  async completion(cq: CompletionQueue): Promise<WorkCompletion> {
    return (await this.completions(cq, 1))[0] as WorkCompletion;
  }

  /** Lets so much time pass that what is under way has arrived: what has not happened then does not happen. */
  calm(): Promise<void> {
    return this.until(new Promise((resolve) => this.clock.after(this.calmMs, resolve)));
  }
}

class MemoryLab extends Lab {
  readonly contexts: readonly Context[];
  protected readonly clock: Clock;
  protected readonly calmMs = 1000;
  readonly #fabric: TestFabric;

  constructor({ contexts = 2, ...options }: LabOptions) {
    super();
    this.#fabric = new TestFabric(contexts, options);
    this.contexts = this.#fabric.contexts;
    this.clock = this.#fabric.clock;
  }

  until<T>(work: Promise<T>): Promise<T> {
    return this.#fabric.until(work);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#fabric[Symbol.dispose]();
    return Promise.resolve();
  }
}

const secret = new TextEncoder().encode("the secret of the conformance suite's ports");

class SocketLab extends Lab {
  readonly contexts: readonly Device[];
  protected readonly clock = realClock;
  protected readonly calmMs = 100;

  private constructor(devices: readonly Device[]) {
    super();
    this.contexts = devices;
  }

  static async join({ contexts = 2, heapBytes = 4 * 1024 * 1024 }: LabOptions): Promise<SocketLab> {
    const listen = { host: "127.0.0.1", port: 0 };
    const devices: Device[] = [];
    for (let lid = 1; lid <= contexts; lid++) {
      const device = await openStandalone({ secret, name: `port-${lid}`, lid, seed: lid, heapBytes, listen });
      for (const earlier of devices) await device.dial(earlier.url ?? "");
      devices.push(device);
    }
    return new SocketLab(devices);
  }

  until<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.contexts.map((device) => device.shutdown()));
  }
}
