import type { Probe } from "./figure.ts";

/**
 * Runs every probe once per round, in an order that rotates, so that what disturbs the machine for a while disturbs all
 * alike. The first round warms up and is not counted. Returns the samples of each.
 */
export async function interleave(
  probes: ReadonlyMap<string, Probe>,
  rounds: number,
  onSample: (name: string, round: number, value: number) => void = () => {},
): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = [...probes.keys()];
  const samples = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length] as string;
      const value = await (probes.get(name) as Probe)();
      if (round === 0) continue;
      samples.get(name)?.push(value);
      onSample(name, round, value);
    }
  }
  return samples;
}
