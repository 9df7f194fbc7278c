import { setTimeout as sleep } from "node:timers/promises";

const everyMs = 40;

/** Asks until the answer is as wanted. A question that fails (central is being started again) is asked again. Throws after `ms`. */
export async function until<T>(
  what: string,
  ms: number,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
): Promise<T> {
  const giveUpAt = performance.now() + ms;
  let last: unknown;
  while (performance.now() < giveUpAt) {
    const value = await read().catch((error: unknown) => {
      last = error;
      return undefined;
    });
    if (value !== undefined && holds(value)) return value;
    last = value ?? last;
    await sleep(everyMs);
  }
  const seen = last instanceof Error ? String(last) : JSON.stringify(last);
  throw new Error(`${what}: not within ${ms} ms; last: ${seen?.slice(0, 2000)}`);
}
