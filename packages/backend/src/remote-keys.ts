import { planted, type RKey, type VKey, type VLid } from "@nomad/base";

export interface RemoteKey {
  readonly rkey: RKey;
  readonly epoch: number;
}

/**
 * What other guests' keys stand for, as their hosts have told this one. An entry is good for the epoch that its owner
 * then had, and those before: an abort raises the owner's epoch, and not every peer hears of it. A miss is never kept.
 */
export class RemoteKeys {
  readonly #entries = new Map<string, RemoteKey>();
  readonly #entriesMax: number;

  constructor(entriesMax = 65_536) {
    this.#entriesMax = entriesMax;
  }

  get(owner: VLid, vkey: VKey, epoch: number): RKey | undefined {
    const entry = this.#entries.get(`${owner}:${vkey}`);
    const fresh = entry !== undefined && (entry.epoch >= epoch || planted("stale-name"));
    return fresh ? entry.rkey : undefined;
  }

  set(owner: VLid, vkey: VKey, key: RemoteKey): void {
    if (this.#entries.size >= this.#entriesMax) this.#entries.clear();
    this.#entries.set(`${owner}:${vkey}`, key);
  }
}
