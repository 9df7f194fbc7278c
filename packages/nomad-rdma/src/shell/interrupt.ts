import { constants } from "node:os";

/** SIGINT, SIGTERM or SIGHUP came. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

const signals: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

const parentCheckMs = 250;

/**
 * Aborts with `Interrupted` when the operator interrupts us or our parent is gone: a shell or npm between the operator
 * and us does not always hand on the signal that ends it. The handlers stay for the life of the process: what follows
 * is the orderly end of a lab, which a second signal must not cut short.
 */
export function abortOnInterrupt(): AbortSignal {
  const abort = new AbortController();
  for (const signal of signals) process.on(signal, () => abort.abort(new Interrupted(signal)));
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid !== parent) abort.abort(new Interrupted("SIGHUP"));
  }, parentCheckMs);
  timer.unref();
  return abort.signal;
}

/** Resolves when the signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** What `work` comes to, unless the signal is aborted before: then its reason. Nothing is begun after the signal. */
export async function orAbort<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  try {
    return await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
