import { type Clock, Random } from "@nomad/base";
import type { Context } from "@nomad/verbs";
import { TestFabric } from "@nomad/verbs/testing";
import { type FaultRules, FaultyLink, type Link } from "@nomad/wire";
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

  /** From here on packets between the first two contexts suffer what the rules say. */
  addFaults(rules: FaultRules): void {
    const [a, b] = [this.context(0), this.context(1)];
    const pair = this.#fabric.link(a, b);
    this.#spoil(pair.a, b, a, rules);
    this.#spoil(pair.b, a, b, rules);
  }

  /** What the link had for whom it leads to now comes by way of the rules. */
  #spoil(link: Link, from: Context, to: Context, rules: FaultRules): void {
    const { onFrame, onState, onWritable } = link;
    const options = { scheduler: this.clock, rules, from: from.name, to: to.name, random: new Random(1) };
    Object.assign(new FaultyLink(link, options), { onFrame, onState, onWritable });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#fabric[Symbol.dispose]();
    return Promise.resolve();
  }
}
