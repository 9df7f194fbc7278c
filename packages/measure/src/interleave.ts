/** What is measured once, again and again: resolves to a value in the figure's unit. */
export type Probe = () => Promise<number>;

/** The samples of each thing measured, by its name, in the order of the rounds. */
export type Samples = ReadonlyMap<string, readonly number[]>;

/** Called after each sample that counts; rounds are numbered from 1. */
export type OnSample = (name: string, round: number, value: number) => void;

export interface Rounds {
  /** Rounds that are not counted: what runs first is not compiled yet. */
  readonly warmUps: number;
  readonly rounds: number;
  /** Asked after each round that counts: true, and no further one begins. */
  readonly enough?: () => boolean;
}

/**
 * Runs every probe once per round, in an order that rotates, so that what disturbs the machine for a while disturbs all
 * alike. Returns the samples of each.
 */
export async function interleave(
  probes: ReadonlyMap<string, Probe>,
  { warmUps, rounds, enough = () => false }: Rounds,
  onSample: OnSample = () => {},
): Promise<Samples> {
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
    if (turn >= warmUps && enough()) break;
  }
  return samples;
}
