import { type FigureSpec, type Measurement, measurementOf, type OnSample } from "@nomad/measure";
import { type CrowdSize, connectedHosts, controlMessages } from "./crowd.ts";

/** A small lab, and a large one beside it. */
export interface ScaleAmounts {
  readonly small: CrowdSize;
  readonly large: CrowdSize;
}

export const fullScale: ScaleAmounts = { small: { hosts: 20, guests: 100 }, large: { hosts: 1000, guests: 10_000 } };
export const quickScale: ScaleAmounts = { small: { hosts: 18, guests: 30 }, large: { hosts: 24, guests: 60 } };

const unit = "messages";

/** What a move takes for each further host that its guest is connected to, in a large lab as in a small one. */
const figures: readonly FigureSpec[] = [
  { name: "scale", unit, better: "lower", floor: "scale-small", goal: { of: "ratio", limit: 1 } },
  ...connectedHosts.map((count): FigureSpec => {
    const name = `control-messages-${count}`;
    return { name, unit, better: "lower", floor: `${name}-small` };
  }),
];

/** Counts the control messages of moves in two simulated labs. */
export function runScale({ small, large }: ScaleAmounts, onSample: OnSample): Measurement {
  const samples = new Map<string, readonly number[]>();
  for (const [size, suffix] of [[small, "-small"] as const, [large, ""] as const]) {
    const messages = controlMessages(size);
    for (const [i, count] of connectedHosts.entries()) {
      samples.set(`control-messages-${count}${suffix}`, [messages[i] ?? 0]);
      onSample(`control-messages-${count}${suffix}`, 1, messages[i] ?? 0);
    }
    samples.set(`scale${suffix}`, perHost(messages));
  }
  return measurementOf(figures, samples);
}

/** From each number of connected hosts to the next. */
function perHost(messages: readonly number[]): number[] {
  return messages
    .slice(1)
    .map((count, i) => (count - (messages[i] ?? 0)) / ((connectedHosts[i + 1] ?? 0) - (connectedHosts[i] ?? 0)));
}
