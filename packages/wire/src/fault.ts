import type { Random } from "@nomad/base";

/** What may happen to a control message or a packet on its way; the same words in simulations and in labs. */
export const faultKinds = ["pass", "delay", "drop", "duplicate", "reorder", "corrupt", "cut"] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What a rule is about. */
export type RuledTraffic = "control" | "wire" | "bulk";

export interface FaultRule {
  readonly kind: Exclude<FaultKind, "pass">;
  readonly on: RuledTraffic;
  /** Names of the two ends, in the direction of travel; null is anyone. */
  readonly from: string | null;
  readonly to: string | null;
  /** Only control messages of this kind; null is any. */
  readonly message: string | null;
  /** Each that matches is hit with this probability. */
  readonly chance: number;
  /** So many are hit at most. */
  readonly timesMax: number;
  /** How long what is delayed, reordered or duplicated is kept back, ms. */
  readonly ms: number;
}

/** What happens to one message or packet. `ms`: as in the rule. */
export interface Fate {
  readonly kind: FaultKind;
  readonly ms: number;
}

const passes: Fate = { kind: "pass", ms: 0 };

interface ActiveRule {
  readonly rule: FaultRule;
  hits: number;
}

/** The rules in force, and the dice. No IO: the owner asks for each message and packet, and carries out the fate. */
export class FaultRules {
  readonly #random: Random;
  readonly #onHit: (rule: FaultRule) => void;
  readonly #active = new Set<ActiveRule>();

  constructor(random: Random, onHit: (rule: FaultRule) => void = () => {}) {
    this.#random = random;
    this.#onHit = onHit;
  }

  /** Put a rule in force; the answer takes it back. */
  add(rule: FaultRule): () => void {
    const active: ActiveRule = { rule, hits: 0 };
    this.#active.add(active);
    return () => void this.#active.delete(active);
  }

  /** No rule is in force: all passes. */
  get quiet(): boolean {
    return this.#active.size === 0;
  }

  /** `what`: the kind of a control message. The first rule that hits decides. */
  judge(on: RuledTraffic, from: string, to: string, what: string | null = null): Fate {
    for (const active of this.#active) {
      const { rule } = active;
      if (!concerns(rule, on, from, to, what) || active.hits >= rule.timesMax) continue;
      if (!this.#random.chance(rule.chance)) continue;
      active.hits++;
      this.#onHit(rule);
      return rule;
    }
    return passes;
  }
}

function concerns(rule: FaultRule, on: RuledTraffic, from: string, to: string, what: string | null): boolean {
  if (rule.on !== on || (rule.message !== null && rule.message !== what)) return false;
  return (rule.from === null || rule.from === from) && (rule.to === null || rule.to === to);
}
