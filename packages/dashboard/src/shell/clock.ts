/** Milliseconds since 1970. */
export const now = (): number => Date.now();

/** Calls `run` every so many milliseconds, until the answer is called. */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}
