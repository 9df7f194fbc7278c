import { type PlantedBug, plant, plantedBugs } from "@nomad/base";
import { describeMutant, type MutantName, plant as plantMutant } from "@nomad/hca/mutants";

/** Faults of the adapter that a lab's traffic can show. */
const mutants = [
  "executeDuplicateAtomic",
  "completeTwice",
  "deliverDuplicates",
  "skipBoundsCheck",
] as const satisfies MutantName[];

export type Planting = PlantedBug | (typeof mutants)[number];

const isMutant = (name: string): name is (typeof mutants)[number] => (mutants as readonly string[]).includes(name);

/** Bugs that can be planted, with what each does. */
export const plantings: ReadonlyMap<Planting, string> = new Map<Planting, string>([
  ...(Object.entries(plantedBugs) as [PlantedBug, string][]),
  ...mutants.map((name): [Planting, string] => [name, describeMutant(name)]),
]);

/** Plants a bug in all cores of this thread, until it is disposed of. */
export function plantIn(bug: Planting): Disposable {
  if (isMutant(bug)) return plantMutant(bug);
  plant(bug);
  return { [Symbol.dispose]: () => plant(null) };
}
