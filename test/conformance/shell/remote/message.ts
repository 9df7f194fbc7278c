import { deserialize, serialize } from "node:v8";

/** What a request does at the other process: to an object that it has given out before. */
export type Request =
  | { readonly do: "get"; readonly on: number; readonly key: string }
  | { readonly do: "call"; readonly on: number; readonly key: string; readonly args: readonly unknown[] }
  /** Nothing but bring memory up to date. */
  | { readonly do: "sync" };

/** Bytes that have changed in memory that both sides have. */
export interface Patch {
  /** The object whose memory it is. */
  readonly on: number;
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface Asked {
  readonly request: Request;
  readonly patches: readonly Patch[];
}

export interface Answered {
  readonly result: Result;
  readonly patches: readonly Patch[];
  /** What a call has written into its arguments. */
  readonly args?: readonly unknown[];
}

export type Result = { readonly value: unknown } | { readonly error: Fault };

/** A promise has settled. Comes on a channel of its own, for whoever waits without asking. */
export interface Settled {
  readonly promise: number;
  readonly result: Result;
}

export interface Fault {
  /** Of a NomadError; null for another. */
  readonly code: string | null;
  readonly message: string;
}

// In place of what cannot be copied. Fields that no verb's argument or answer has.

/** An object of the process that serves; `memory`: so many bytes of its that both sides have. */
export class Reference {
  readonly $reference: number;
  readonly kind: string;
  readonly memory: number | null;

  constructor(reference: number, kind: string, memory: number | null) {
    this.$reference = reference;
    this.kind = kind;
    this.memory = memory;
  }
}

export const isReference = (value: object): value is Reference => "$reference" in value;

/** A promise of the process that serves, which `Settled` tells of. */
export interface Pending {
  readonly $promise: number;
}

export const isPending = (value: object): value is Pending => "$promise" in value;

/** A property that is a function. */
export interface Method {
  readonly $method: true;
}

export const isMethod = (value: object): value is Method => "$method" in value;

/** A value with everything in it that is no plain data replaced. */
export function replaced(value: unknown, replace: (object: object) => unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map((each) => replaced(each, replace));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return replace(value);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaced(each, replace)]));
}

/** A message with its length before it. */
export function framed(message: Asked | Answered): Buffer {
  const body = serialize(message);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  return Buffer.concat([head, body]);
}

export const unframed = (body: Uint8Array): unknown => deserialize(body);
