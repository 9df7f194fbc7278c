/** Milliseconds since 1970. */
export const now = (): number => Date.now();

/** Calls `run` every so many milliseconds, until the answer is called. */
export function every(ms: number, run: () => void): () => void {
  const timer = setInterval(run, ms);
  return () => clearInterval(timer);
}

/** Calls `run` once, after so many milliseconds. */
export function after(ms: number, run: () => void): void {
  setTimeout(run, ms);
}

/** hh:mm:ss in this place, of seconds since 1970. */
export function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toTimeString().slice(0, 8);
}
