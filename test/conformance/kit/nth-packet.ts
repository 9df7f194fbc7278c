import { type FaultKind, Random, type RuledTraffic } from "@nomad/base";
import { type Fate, FaultRules } from "@nomad/wire";

const unharmed: Fate = { kind: "pass", ms: 0 };

/** One packet suffers: the `n`th (from 1) that the port of this name sends. */
export class NthPacket extends FaultRules {
  readonly #from: string;
  readonly #fate: Fate;
  #before: number;

  constructor(from: string, n: number, kind: FaultKind) {
    super(new Random(1));
    this.#from = from;
    this.#fate = { kind, ms: 0 };
    this.#before = n - 1;
  }

  override get quiet(): boolean {
    return false;
  }

  override judge(_on: RuledTraffic, from: string): Fate {
    return from === this.#from && this.#before-- === 0 ? this.#fate : unharmed;
  }
}
