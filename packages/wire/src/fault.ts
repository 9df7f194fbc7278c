import type { FaultKind, Qpn, Random, RuledTraffic, VLid, VQpn } from "@nomad/base";

/** A queue pair, or all of a guest's: by the guest and what its program calls it, or by the number in packets. */
export interface RuledQp {
  readonly vlid: VLid | null;
  readonly vqpn: VQpn | null;
  readonly qpn: Qpn | null;
}

export interface FaultRule {
  readonly kind: Exclude<FaultKind, "pass">;
  readonly on: readonly RuledTraffic[];
  /** Names of the two ends, in the direction of travel; null is anyone. */
  readonly from: string | null;
  readonly to: string | null;
  /** The other direction, too. */
  readonly bothWays: boolean;
  /** Only control messages of this kind; null is any. */
  readonly message: string | null;
  /** Only packets with one of these opcodes; null is any. */
  readonly opcodes: readonly number[] | null;
  /** Only packets that go to or come from these queue pairs; null is any. */
  readonly qp: RuledQp | null;
  /** Each that matches is hit with this probability. */
  readonly chance: number;
  /** So many are hit at most. */
  readonly timesMax: number;
  /** How long what is delayed, reordered or duplicated is kept back, ms. */
  readonly ms: number;
}

/** What a rule is about unless it says more: everything, always. */
export const everything: Omit<FaultRule, "kind" | "on"> = {
  from: null,
  to: null,
  bothWays: false,
  message: null,
  opcodes: null,
  qp: null,
  chance: 1,
  timesMax: Number.POSITIVE_INFINITY,
  ms: 0,
};

/** What a rule may look at: a message's kind; a packet's opcode and queue pairs. */
export interface Subject {
  /** Only a cut can hit it. */
  readonly safe?: boolean;
  readonly message?: string;
  readonly opcode?: number;
  readonly isOf?: (qp: RuledQp) => boolean;
}

/** What happens to one message or packet. `ms`: as in the rule. */
export interface Fate {
  readonly kind: FaultKind;
  readonly ms: number;
}

const passes: Fate = { kind: "pass", ms: 0 };
const anySubject: Subject = {};

interface ActiveRule {
  readonly rule: FaultRule;
  readonly random: Random;
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

  /** Put a rule in force, maybe with dice of its own; the answer takes it back. */
  add(rule: FaultRule, random: Random = this.#random): () => void {
    const active: ActiveRule = { rule, random, hits: 0 };
    this.#active.add(active);
    return () => void this.#active.delete(active);
  }

  /** No rule is in force: all passes. */
  get quiet(): boolean {
    return this.#active.size === 0;
  }

  /** The first rule that hits decides. */
  judge(on: RuledTraffic, from: string, to: string, subject: Subject = anySubject): Fate {
    for (const active of this.#active) {
      const { rule } = active;
      if (active.hits >= rule.timesMax || !concerns(rule, on, from, to, subject)) continue;
      if (!active.random.chance(rule.chance)) continue;
      active.hits++;
      this.#onHit(rule);
      return rule;
    }
    return passes;
  }
}

function concerns(rule: FaultRule, on: RuledTraffic, from: string, to: string, subject: Subject): boolean {
  const { safe = false, message, opcode, isOf } = subject;
  if ((safe && rule.kind !== "cut") || !rule.on.includes(on) || !isBetween(rule, from, to)) return false;
  if (rule.message !== null && rule.message !== message) return false;
  if (rule.opcodes !== null && (opcode === undefined || !rule.opcodes.includes(opcode))) return false;
  return rule.qp === null || isOf?.(rule.qp) === true;
}

/** Is what travels from one to the other in the rule's direction, or in one of its two? */
export function isBetween(rule: FaultRule, from: string, to: string): boolean {
  const along = (a: string, b: string) =>
    (rule.from === null || rule.from === a) && (rule.to === null || rule.to === b);
  return along(from, to) || (rule.bothWays && along(to, from));
}

/** How whoever holds a message or packet does to it what its fate is. */
export interface Handling {
  readonly pass: () => void;
  /** Hand it over with an error in it; not at all, where that cannot be. */
  readonly corrupt: () => void;
  /** Hand it over after so many ms. */
  readonly later: (ms: number) => void;
}

/** Does to a message or packet what its fate is. */
export function suffer({ kind, ms }: Fate, { pass, corrupt, later }: Handling): void {
  switch (kind) {
    case "pass":
      return pass();
    case "drop":
    case "cut":
      return;
    case "corrupt":
      return corrupt();
    case "duplicate":
      pass();
      return later(ms);
    case "delay":
    case "reorder":
      return later(ms);
  }
}
