// The sizes of the problem, and what ranks five of its keys must have in each iteration. By class S, W, A.

export const ITERATIONS: i32 = 10;
export const PROBES: i32 = 5;

export const keyCountBits: StaticArray<i32> = [16, 20, 23];
export const keyBits: StaticArray<i32> = [11, 16, 19];

const probeIndices: StaticArray<i32>[] = [
  [48427, 17148, 23627, 62548, 4431],
  [357773, 934767, 875723, 898999, 404505],
  [2112377, 662041, 5336171, 3642833, 4250760],
];
const probeRanks: StaticArray<i32>[] = [
  [0, 18, 346, 64917, 65463],
  [1249, 11698, 1039987, 1043896, 1048018],
  [104, 17523, 123928, 8288932, 8388264],
];
/** The first so many ranks grow with the iteration, the others fall; by iteration + offset, or iteration + fallOffset. */
const growing: StaticArray<i32> = [3, 2, 3];
const growOffset: StaticArray<i32> = [0, -2, -1];
const fallOffset: StaticArray<i32> = [0, 0, -1];

/** Which key, by its number, is looked at. */
export function probeIndex(problem: i32, probe: i32): i32 {
  return probeIndices[problem][probe];
}

/** The rank that key must have. */
export function officialRank(problem: i32, probe: i32, iteration: i32): i32 {
  const rank = probeRanks[problem][probe];
  const grows = probe < growing[problem];
  return grows ? rank + iteration + growOffset[problem] : rank - iteration - fallOffset[problem];
}
