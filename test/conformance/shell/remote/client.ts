import { type ErrorCode, NomadError } from "@nomad/base";
import {
  type Fault,
  isMethod,
  isPending,
  isReference,
  Reference,
  type Request,
  type Result,
  replaced,
  type Settled,
} from "./message.ts";
import { Pipes } from "./pipes.ts";
import { SharedMemory } from "./shared-memory.ts";

type Resolvers = PromiseWithResolvers<unknown>;
type Call = (...args: readonly unknown[]) => unknown;

const symbolNames = new Map<symbol, string>([
  [Symbol.dispose, "@@dispose"],
  [Symbol.asyncDispose, "@@asyncDispose"],
  [Symbol.asyncIterator, "@@asyncIterator"],
]);

/**
 * Objects of another process, as if they were here: properties and methods are asked for there, at once. Memory of theirs
 * is a copy here; each exchange brings both up to date.
 */
export class Client {
  #pipes: Pipes | null = null;
  readonly #proxies = new Map<number, object>();
  readonly #references = new WeakMap<object, Reference>();
  readonly #waiting = new Map<number, Resolvers>();
  readonly #memory = new SharedMemory();
  /** By kind of object and name: those that are methods. */
  readonly #methods = new Set<string>();

  static async start(): Promise<Client> {
    const client = new Client();
    client.#pipes = await Pipes.open((settled) => client.#settle(settled));
    return client;
  }

  /** The object that the other process begins with. */
  get root(): unknown {
    return this.#proxy({ $reference: 0, kind: "Root", memory: null });
  }

  /** Brings memory up to date. */
  sync(): void {
    this.#ask({ do: "sync" });
  }

  /** Memory of objects that are gone is not looked at any more. */
  forget(): void {
    this.#memory.clear();
    this.#proxies.clear();
  }

  #ask(request: Request, args: readonly unknown[] = []): unknown {
    if (this.#pipes === null) throw new Error("it has not started");
    const answered = this.#pipes.ask({ request, patches: this.#memory.changes() });
    this.#memory.apply(answered.patches);
    for (const [i, filled] of (answered.args ?? []).entries()) fill(args[i], filled);
    return this.#outcome(answered.result);
  }

  #outcome(result: Result): unknown {
    if ("error" in result) throw errorOf(result.error);
    return this.#decoded(result.value);
  }

  #settle({ promise, result }: Settled): void {
    const waiting = this.#waiting.get(promise);
    this.#waiting.delete(promise);
    this.#pipes?.await(this.#waiting.size > 0);
    try {
      waiting?.resolve(this.#outcome(result));
    } catch (error) {
      waiting?.reject(error);
    }
  }

  #decoded(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((each) => this.#decoded(each));
    if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
    if (isReference(value)) return this.#proxy(value);
    if (isPending(value)) return this.#promise(value.$promise);
    if (isMethod(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.#decoded(each)]));
  }

  #promise(number: number): Promise<unknown> {
    const resolvers = Promise.withResolvers<unknown>();
    this.#waiting.set(number, resolvers);
    this.#pipes?.await(true);
    return resolvers.promise.finally(() => this.sync());
  }

  #encoded(args: readonly unknown[]): unknown[] {
    return args.map((arg) => replaced(arg, (object) => this.#references.get(object) ?? { ...object }));
  }

  #proxy(reference: Reference): object {
    const known = this.#proxies.get(reference.$reference);
    if (known) return known;
    const local = this.#localMembers(reference);
    const proxy = new Proxy(new Reference(reference.$reference, reference.kind, reference.memory), {
      get: (_, key) => (typeof key === "string" && key in local ? local[key]?.() : this.#member(reference, key)),
      getPrototypeOf: () => Reference.prototype,
    });
    this.#proxies.set(reference.$reference, proxy);
    this.#references.set(proxy, reference);
    return proxy;
  }

  /** What is answered here: an object's memory. */
  #localMembers({ $reference, memory }: Reference): Readonly<Record<string, () => unknown>> {
    if (memory === null) return {};
    const bytes = Buffer.alloc(memory);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#memory.add($reference, bytes);
    const current = <T>(value: T) => {
      this.sync();
      return value;
    };
    return { bytes: () => current(bytes), view: () => current(view) };
  }

  #member({ $reference: on, kind }: Reference, property: string | symbol): unknown {
    const key = typeof property === "symbol" ? symbolNames.get(property) : property;
    // An object with a `then` would be taken for a promise.
    if (key === undefined || key === "then") return undefined;
    const call: Call = (...args) => this.#ask({ do: "call", on, key, args: this.#encoded(args) }, args);
    const name = `${kind}.${key}`;
    if (this.#methods.has(name)) return call;
    const value = this.#ask({ do: "get", on, key });
    if (typeof value !== "object" || value === null || !isMethod(value)) return value;
    this.#methods.add(name);
    return call;
  }
}

/** Gives objects of the caller's the fields that a call has given them there. */
function fill(target: unknown, filled: unknown): void {
  if (!Array.isArray(target) || !Array.isArray(filled)) return;
  for (const [i, each] of filled.entries()) Object.assign(target[i] as object, each);
}

function errorOf({ code, message }: Fault): Error {
  return code === null ? new Error(message) : new NomadError(code as ErrorCode, message);
}
