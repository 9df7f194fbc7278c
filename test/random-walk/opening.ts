import type { MemoryRegion, MemoryWindow, ProtectionDomain } from "@nomad/verbs";
import type { End } from "./end.ts";

/** What a key opens, as the model knows it: a range of an end's memory, with rights. */
export interface Opening {
  readonly of: MemoryRegion | MemoryWindow;
  readonly pd: ProtectionDomain;
  rkey: number;
  /** Offset in the end's memory. */
  offset: number;
  length: number;
  /** Of `access`. */
  rights: number;
  /** Is it registered, or bound? */
  open: boolean;
  /** A window of type 2 opens to the end that has bound it. */
  owner: End | null;
  /** What a window is bound to. */
  region: Opening | null;
}

/** Does the key let the peer of `user` do what needs these rights? One of no bytes needs no key. */
export function opens(key: Opening, user: End, offset: number, length: number, rights: number): boolean {
  if (length === 0) return true;
  const inside = offset >= key.offset && offset + length <= key.offset + key.length;
  const mine = key.pd === user.pd && (key.owner === null || key.owner === user);
  return key.open && inside && mine && (key.rights & rights) === rights;
}
