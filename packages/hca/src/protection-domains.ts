import { NomadError } from "@nomad/base";
import { checkRoom } from "./device-limits.ts";

/** Protection domains, and how many objects are in each. */
export class ProtectionDomains {
  readonly #references = new Map<number, number>();
  readonly #max: number;
  #next = 1;

  constructor(max: number) {
    this.#max = max;
  }

  alloc(): number {
    checkRoom(this.#references.size, this.#max, "protection domains");
    const pd = this.#next++;
    this.#references.set(pd, 0);
    return pd;
  }

  /** @throws NomadError E_BUSY while anything is in it. */
  dealloc(pd: number): void {
    const references = this.#referencesOf(pd);
    if (references > 0) throw new NomadError("E_BUSY", `protection domain ${pd} is in use ${references} times`);
    this.#references.delete(pd);
  }

  /** An object enters (1) or leaves (-1) the domain. @throws NomadError E_VERB when there is no such domain. */
  refer(pd: number, change: 1 | -1): void {
    this.#references.set(pd, this.#referencesOf(pd) + change);
  }

  #referencesOf(pd: number): number {
    const references = this.#references.get(pd);
    if (references === undefined) throw new NomadError("E_VERB", `no protection domain ${pd}`);
    return references;
  }
}
