import type { Probe } from "./figure.ts";

/**
 * Runs every probe once per round, in an order that rotates, so that what disturbs the machine for a while disturbs all
 * alike. The first `warmUps` rounds are not counted. Returns the samples of each.
 */
export async function interleave(
  probes: ReadonlyMap<string, Probe>,
  { warmUps, rounds }: { readonly warmUps: number; readonly rounds: number },
  onSample: (name: string, round: number, value: number) => void = () => {},
): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = [...probes.keys()];
  const samples = new Map<string, number[]>(names.map((name) => [name, []]));
  for (let turn = 0; turn < warmUps + rounds; turn++) {
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + turn) % names.length] as string;
      const value = await (probes.get(name) as Probe)();
      if (turn < warmUps) continue;
      samples.get(name)?.push(value);
      onSample(name, turn - warmUps + 1, value);
    }
  }
  return samples;
}
