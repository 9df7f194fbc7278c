import { type Cancel, type Clock, Random } from "@nomad/base";
import { type FaultRule, FaultRules } from "./fault.ts";

/** A fault that an operator has added, as every end of every link has it. */
export interface StandingFault {
  /** Never given again. */
  readonly id: string;
  readonly rule: FaultRule;
  readonly seed: number;
  /** It ends by itself after so long; null: when it is lifted. */
  readonly leftMs: number | null;
}

/** How many a fault has hit at one end. */
export interface FaultHits {
  readonly id: string;
  readonly hits: number;
}

/** So many ended faults are remembered. */
const rememberedMax = 1024;

interface Entry {
  hits: number;
  readonly lift: () => void;
}

/**
 * The faults in force at one end, kept in step with a list of those that stand in the whole lab. Each has dice of its own,
 * from its seed and the end's name. No IO.
 */
export class FaultBook {
  readonly rules: FaultRules;
  readonly #end: string;
  readonly #clock: Clock;
  readonly #onLifted: (rule: FaultRule) => void;
  readonly #entries = new Map<string, Entry>();
  readonly #ids = new Map<FaultRule, string>();
  /** What has ended here does not come back with a list that is late. */
  readonly #ended = new Set<string>();

  /** `onLifted`: a fault has ended here. */
  constructor(end: string, clock: Clock, onLifted: (rule: FaultRule) => void = () => {}) {
    this.#end = end;
    this.#clock = clock;
    this.#onLifted = onLifted;
    this.rules = new FaultRules(new Random(0), (rule) => this.#hit(rule));
  }

  /** These stand, and no others: what is known already goes on as it was. */
  set(faults: readonly StandingFault[]): void {
    const standing = new Set(faults.map(({ id }) => id));
    for (const [id, { lift }] of [...this.#entries]) if (!standing.has(id)) lift();
    for (const fault of faults) if (!this.#entries.has(fault.id) && !this.#ended.has(fault.id)) this.#add(fault);
  }

  get hits(): FaultHits[] {
    return [...this.#entries].map(([id, { hits }]) => ({ id, hits }));
  }

  #add({ id, rule: given, seed, leftMs }: StandingFault): void {
    // A rule of its own, by which its hits are told apart.
    const rule = { ...given };
    const remove = this.rules.add(rule, new Random(seedAt(this.#end, seed)));
    let cancel: Cancel = () => {};
    const lift = () => {
      if (!this.#entries.delete(id)) return;
      cancel();
      remove();
      this.#ids.delete(rule);
      this.#remember(id);
      this.#onLifted(rule);
    };
    this.#ids.set(rule, id);
    this.#entries.set(id, { hits: 0, lift });
    if (leftMs !== null) cancel = this.#clock.after(leftMs, lift);
  }

  #remember(id: string): void {
    this.#ended.add(id);
    if (this.#ended.size > rememberedMax) this.#ended.delete(this.#ended.values().next().value as string);
  }

  #hit(rule: FaultRule): void {
    const entry = this.#entries.get(this.#ids.get(rule) ?? "");
    if (entry) entry.hits++;
  }
}

/** FNV-1a over the name: two ends throw different dice. */
function seedAt(end: string, seed: number): number {
  let mixed = seed ^ 0x811c9dc5;
  for (let i = 0; i < end.length; i++) mixed = Math.imul(mixed ^ end.charCodeAt(i), 0x01000193);
  return mixed >>> 0;
}
