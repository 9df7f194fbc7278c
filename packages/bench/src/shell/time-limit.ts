/** Is the time over? Asked between rounds: what has begun is finished. */
export type TimeLimit = () => boolean;

/** From now on, so many seconds. */
export function timeLimit(seconds: number): TimeLimit {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() >= end;
}
