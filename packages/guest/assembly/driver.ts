// The front-end of the split driver: what stands between the names a program holds and those of the adapter it is on
// just now. Its tables are caches: each entry is valid under one epoch, and read anew under another.
import { HC_QUERY_LKEYS, HC_RESOLVE_RKEY } from "../../abi/src/hypercall.ts";
import { argument, begin, call, result } from "./hypercall.ts";
import { epoch } from "./vmm.ts";

/** Not null: names are the adapter's own (`usePhysicalNames`), and this is the peer's key. */
let physical: RemoteKey | null = null;
let physicalEpoch: u32 = 0;

/**
 * For measuring what translation costs: with the peer's key, as `remoteKey` gave it, keys in work requests are taken to be
 * the adapter's own (`localKey`, `RemoteKey.rkey`) and are not looked up; with null they are virtual again. A guest must not
 * move meanwhile.
 */
export function usePhysicalNames(peer: RemoteKey | null): void {
  physical = null;
  physicalEpoch = localKeysEpoch();
  physical = peer;
}

const localKeys = new Map<u32, u32>();
let localEpoch: u32 = 0;

/**
 * The epoch under which `localKey` answers; reads the table anew when the guest has been bound elsewhere. To be written
 * into a work request together with the keys: should the guest move meanwhile, or the table not be had (0), the adapter
 * sees that they are old and hands the request to the back-end.
 */
export function localKeysEpoch(): u32 {
  if (physical !== null) return physicalEpoch;
  if (localEpoch !== epoch()) readLocalKeys();
  return localEpoch;
}

/** The adapter's lkey for a v-lkey, 0 when there is none. */
export function localKey(vkey: u32): u32 {
  if (physical !== null) return vkey;
  return localKeys.has(vkey) ? localKeys.get(vkey) : 0;
}

/** Adds a key that the back-end has just given; harmless if it is of an old epoch: the table is read anew before use. */
export function addLocalKey(vkey: u32, lkey: u32): void {
  localKeys.set(vkey, lkey);
}

export function removeLocalKey(vkey: u32): void {
  localKeys.delete(vkey);
}

function readLocalKeys(): void {
  const under = epoch();
  localEpoch = 0;
  localKeys.clear();
  for (let index: u32 = 0, count: u32 = 1; count > 0; ) {
    begin();
    argument(index);
    if (call(HC_QUERY_LKEYS) !== 0) return;
    count = result(0);
    for (let i: u32 = 0; i < count; i++) {
      const vkey = result(1 + 2 * i);
      localKeys.set(vkey, result(2 + 2 * i));
      index = (vkey >> 8) + 1;
    }
  }
  localEpoch = under;
}

/** A peer's key as its owner's host gave it. */
export class RemoteKey {
  constructor(
    public readonly rkey: u32,
    /** The owner's epoch under which it is valid; 0: not known, the adapter hands the request to the back-end. */
    public readonly epoch: u32,
  ) {}
}

const REMOTE_KEYS_MAX: i32 = 4096;
const remoteKeys = new Map<u64, RemoteKey>();
const unknown = new RemoteKey(0, 0);

/**
 * The key behind `vkey` of guest `owner`. `ownerEpoch` is the owner's epoch as the host knows it; a key of another is
 * asked for again. A miss is never cached.
 */
export function remoteKey(owner: u32, vkey: u32, ownerEpoch: u32): RemoteKey {
  const given = physical;
  if (given !== null) return given;
  const name = ((<u64>owner) << 32) | vkey;
  if (remoteKeys.has(name)) {
    const known = remoteKeys.get(name);
    if (known.epoch === ownerEpoch) return known;
  }
  begin();
  argument(owner);
  argument(vkey);
  if (call(HC_RESOLVE_RKEY) !== 0) return unknown;
  const resolved = new RemoteKey(result(0), result(1));
  // A window has another key with each bind: what is not used any more must not stay for ever.
  if (remoteKeys.size >= REMOTE_KEYS_MAX) remoteKeys.clear();
  remoteKeys.set(name, resolved);
  return resolved;
}
