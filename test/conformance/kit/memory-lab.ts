import type { Clock } from "@nomad/base";
import type { Context } from "@nomad/verbs";
import { TestFabric } from "@nomad/verbs/testing";
import { Lab, type LabOptions } from "./lab.ts";

/** All in this process; time passes only while something is waited for. */
export class MemoryLab extends Lab {
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
