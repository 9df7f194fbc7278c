const NORMAL = 0;
const UNWINDING = 1;
const REWINDING = 2;

/** Names of the functions every guest's module must export. */
export const requiredExports = [
  "run",
  "asyncify_start_unwind",
  "asyncify_stop_unwind",
  "asyncify_start_rewind",
  "asyncify_stop_rewind",
  "asyncify_get_state",
] as const;

export type GuestFunctions = Readonly<Record<(typeof requiredExports)[number], (...args: number[]) => number>>;

/** The switch of a module that Binaryen's Asyncify has been over. Bound to the instance after its imports are made. */
export class Asyncify {
  #functions: GuestFunctions | null = null;

  bind(functions: GuestFunctions): void {
    this.#functions = functions;
  }

  get isUnwinding(): boolean {
    return this.#state === UNWINDING;
  }

  startUnwind(struct: number): void {
    this.#functions?.asyncify_start_unwind(struct);
  }

  stopUnwind(): void {
    this.#functions?.asyncify_stop_unwind();
  }

  startRewind(struct: number): void {
    this.#functions?.asyncify_start_rewind(struct);
  }

  /** For an import, on entry: true when the guest has come back to it by a rewind, which ends here. */
  endRewind(): boolean {
    if (this.#state !== REWINDING) return false;
    this.#functions?.asyncify_stop_rewind();
    return true;
  }

  get #state(): number {
    return this.#functions?.asyncify_get_state() ?? NORMAL;
  }
}
