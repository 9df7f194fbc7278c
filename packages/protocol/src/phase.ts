/**
 * The phases of a move, in order, with what central asks of whom to reach the next. Code, metrics, documentation and
 * tests take the names from here.
 */
export const phases = [
  "planned",
  "prepared",
  "precopy",
  "suspended",
  "peers-suspended",
  "stopped",
  "bound",
  "COMMITTED",
  "running",
  "peers-resumed",
  "released",
  "aborting",
  "aborted",
] as const;

export type Phase = (typeof phases)[number];

const order = new Map(phases.map((phase, i) => [phase, i]));

/** Is the move decided: the guest will run at its destination, or is lost with it. */
export function isDecided(phase: Phase): boolean {
  const at = order.get(phase) ?? 0;
  return at >= (order.get("COMMITTED") ?? 0) && at <= (order.get("released") ?? 0);
}

export function isEnded(phase: Phase): boolean {
  return phase === "released" || phase === "aborted";
}
