// What the project wants to reach; the report says of each whether the data does.

/** Ends of intervals and ratios of medians; each "at most", but the share of the reference's speed, "at least". */
export const goals = {
  /** Upper end of the 95 % interval of the paired ratio, cost with virtual names to cost without. */
  virtualization: 1.03,
  /** The pause with the most idle queue pairs to that with one. */
  pauseOfIdle: 1.2,
  /** The pause with the most active queue pairs to that with one. */
  pauseOfActive: 2,
  /** Of the speed that the reference has over TCP on a machine of two cores: class A, 4 ranks. */
  nasShare: 0.5,
} as const;

/**
 * The reference's speed: NPB 3.4, -O3, Open MPI over TCP on loopback of two cores; millions of operations a second, by
 * ranks. It was measured once, on another machine.
 */
export const referenceMops = {
  W: {
    1: { EP: 191, IS: 646, CG: 4422, MG: 6913, FT: 5695 },
    4: { EP: 373, IS: 863, CG: 5850, MG: 11636, FT: 7538 },
  },
  A: {
    1: { EP: 187, IS: 497, CG: 2863, MG: 6838, FT: 5819 },
    4: { EP: 355, IS: 717, CG: 5500, MG: 11830, FT: 8856 },
  },
} as const;

/** The class and the number of ranks that the goal is for. */
export const nasGoal = { class: "A", ranks: 4 } as const;
