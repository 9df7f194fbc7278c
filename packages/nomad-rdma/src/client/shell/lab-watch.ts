import { NomadError } from "@nomad/base";
import { applyEvent, emptyView, type LabEvent, type LabView } from "@nomad/protocol/http";
import type { LabClient } from "./lab-client.ts";

interface Waiter {
  readonly holds: (view: LabView) => boolean;
  readonly settle: (error?: unknown) => void;
}

/** Follows a lab's events: what it looks like now, and when it comes to look as one waits for. */
export class LabWatch implements AsyncDisposable {
  readonly view: LabView = emptyView();
  readonly #abort = new AbortController();
  readonly #waiters = new Set<Waiter>();
  readonly #done: Promise<void>;
  #failure: unknown;

  /** @param onEvent called after the view has taken the event in */
  constructor(client: LabClient, onEvent: (event: LabEvent) => void = () => {}) {
    this.#done = this.#follow(client, onEvent);
  }

  /**
   * Resolves with true once `holds`, with false when it does not within `timeoutMs`. Fails when the events end, with
   * the signal's reason when it is given.
   */
  async reaches(holds: (view: LabView) => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    signal?.throwIfAborted();
    if (holds(this.view)) return true;
    if (this.#failure !== undefined) throw this.#failure;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    const waiter: Waiter = { holds, settle: (error) => (error === undefined ? resolve(true) : reject(error)) };
    const timer = setTimeout(() => resolve(false), timeoutMs);
    const onAbort = (): void => reject(signal?.reason);
    signal?.addEventListener("abort", onAbort);
    this.#waiters.add(waiter);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      this.#waiters.delete(waiter);
    }
  }

  /** As `reaches`, but fails with E_TIMEOUT, saying what was waited for. */
  async until(what: string, holds: (view: LabView) => boolean, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (await this.reaches(holds, timeoutMs, signal)) return;
    throw new NomadError("E_TIMEOUT", `waited ${timeoutMs} ms in vain: ${what}`);
  }

  /** Waits for the end of the events, and fails with what ended them. */
  async untilEnd(): Promise<never> {
    await this.#done;
    throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort();
    await this.#done;
  }

  async #follow(client: LabClient, onEvent: (event: LabEvent) => void): Promise<void> {
    try {
      for await (const event of client.events(this.#abort.signal)) {
        applyEvent(this.view, event);
        onEvent(event);
        for (const waiter of this.#waiters) if (waiter.holds(this.view)) waiter.settle();
      }
      this.#failure = new NomadError("E_UNREACHABLE", `the events of ${client.url} ended`);
    } catch (error) {
      this.#failure = error;
    }
    for (const waiter of this.#waiters) waiter.settle(this.#failure);
  }
}
