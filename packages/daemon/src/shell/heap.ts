import v8 from "node:v8";

/** How much V8's heap, and the buffers it knows of, may grow from one full collection to the next. */
const growthPercent = 400;

/**
 * Has this process collect garbage less often, at the price of memory. What sockets receive is a buffer for each read, which
 * V8 counts as growth of a heap that is itself small: with its own factor it marks all that lives for every few megabytes
 * that come in. To be called once, by whoever owns the process.
 */
export function collectLessOften(): void {
  v8.setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
}
