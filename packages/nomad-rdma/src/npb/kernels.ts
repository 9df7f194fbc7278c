/** The kernels of the NAS Parallel Benchmarks that there are guest programs of. */
export const kernels = ["EP", "IS", "CG", "MG", "FT"] as const;
export type Kernel = (typeof kernels)[number];

/** Sizes of the problems. */
export const problemClasses = ["S", "W", "A"] as const;
export type ProblemClass = (typeof problemClasses)[number];

/** Some kernels cut their problem into so many parts only. */
export const rankCounts = [1, 2, 4, 8, 16] as const;

export const imageOf = (kernel: Kernel): string => `npb-${kernel.toLowerCase()}`;
