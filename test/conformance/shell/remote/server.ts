import { NomadError } from "@nomad/base";
import { HeapBuffer, WorkCompletion } from "@nomad/verbs";
import {
  type Answered,
  type Asked,
  type Fault,
  isReference,
  type Reference,
  type Request,
  type Result,
  replaced,
  type Settled,
} from "./message.ts";
import { SharedMemory } from "./shared-memory.ts";

/** The method that fills its argument: an array of completions. */
const FILLING = "pollInto";
/** Symbols by which methods are named, as the other process writes them. */
const symbols: Readonly<Record<string, symbol>> = {
  "@@dispose": Symbol.dispose,
  "@@asyncDispose": Symbol.asyncDispose,
  "@@asyncIterator": Symbol.asyncIterator,
};

/** Does to its objects what another process asks, and gives out what comes of it: by reference, unless it is plain data. */
export class Server {
  readonly #objects = new Map<number, object>();
  readonly #numbers = new WeakMap<object, number>();
  readonly #memory = new SharedMemory();
  readonly #settled: (settled: Settled) => void;
  #next = 1;

  /** `root`: the object of number 0. */
  constructor(root: object, settled: (settled: Settled) => void) {
    this.#objects.set(0, root);
    this.#numbers.set(root, 0);
    this.#settled = settled;
  }

  serve({ request, patches }: Asked): Answered {
    this.#memory.apply(patches);
    const fills = request.do === "call" && request.key === FILLING;
    const given = request.do === "call" ? this.#decoded(request.args) : [];
    const args = fills ? [(given[0] as object[]).map(() => new WorkCompletion())] : given;
    const result = this.#result(() => this.#do(request, args));
    return { result, patches: this.#memory.changes(), ...(fills && { args: this.#encoded(args) as unknown[] }) };
  }

  #result(work: () => unknown): Result {
    try {
      return { value: this.#encoded(work()) };
    } catch (error) {
      return { error: faultOf(error) };
    }
  }

  #do(request: Request, args: readonly unknown[]): unknown {
    if (request.do === "sync") return undefined;
    const object = this.#objects.get(request.on) as Record<string | symbol, unknown>;
    const member = object[symbols[request.key] ?? request.key];
    if (request.do === "get") return typeof member === "function" ? { $method: true } : member;
    return (member as (...given: readonly unknown[]) => unknown).apply(object, args as unknown[]);
  }

  #decoded(values: readonly unknown[]): unknown[] {
    const resolve = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(resolve);
      if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
      if (isReference(value)) return this.#objects.get(value.$reference);
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each)]));
    };
    return values.map(resolve);
  }

  #encoded(value: unknown): unknown {
    return replaced(value, (object) => {
      if (object instanceof WorkCompletion) return { ...object };
      return object instanceof Promise ? this.#promised(object) : this.#reference(object);
    });
  }

  #reference(object: object): Reference {
    const known = this.#numbers.get(object);
    const number = known ?? this.#next++;
    const memory = object instanceof HeapBuffer ? object.bytes.length : null;
    if (known === undefined) {
      this.#numbers.set(object, number);
      this.#objects.set(number, object);
      if (object instanceof HeapBuffer) this.#memory.add(number, object.bytes);
    }
    return { $reference: number, kind: object.constructor.name, memory };
  }

  #promised(promise: Promise<unknown>): { $promise: number } {
    const number = this.#next++;
    promise.then(
      (value) => this.#settled({ promise: number, result: this.#result(() => value) }),
      (error: unknown) => this.#settled({ promise: number, result: { error: faultOf(error) } }),
    );
    return { $promise: number };
  }
}

function faultOf(error: unknown): Fault {
  const message = error instanceof Error ? error.message : String(error);
  return { code: error instanceof NomadError ? error.code : null, message };
}
