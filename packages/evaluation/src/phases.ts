/** Phases of a move in which something waits, in their order, and what each is to a reader. */
export const quietPhases = [
  { name: "suspended", runs: true, says: "gate and drain the guest's queues" },
  { name: "peers-suspended", runs: true, says: "gate and drain its peers" },
  { name: "stopped", runs: false, says: "stop it, copy what is left" },
  { name: "bound", runs: false, says: "bind its objects at the destination" },
  { name: "COMMITTED", runs: false, says: "write the decision down" },
  { name: "running", runs: false, says: "run it" },
] as const;

/** Of those, the ones that `pausedMs` is made of. */
export const pausePhases = quietPhases.filter(({ runs }) => !runs).map(({ name }) => name);
