import type { MemoryRegions } from "./memory-region.ts";
import { SgeList } from "./sge-list.ts";
import { type SendOperation, SendRequest, unknownOperation } from "./work-request.ts";

/** What a send queue keeps of the work requests that it has started. One that has never started any has none of this. */
export class StartedSends {
  /** By slot, for started work requests. */
  readonly firstPsn: Uint32Array;
  readonly packets: Uint32Array;
  readonly bytes: Float64Array;
  /** Bytes at its head that need no sending (WRITE) or asking for (READ) again: what a cut has found done. */
  readonly skipped: Float64Array;
  readonly flags: Uint32Array;
  readonly status: Uint8Array;
  readonly wr: SendOperation[];
  /** The work request being sent. */
  readonly request: SendRequest;
  /** Where the data of the oldest READ or atomic goes, and which entry that is; -1 for none. */
  readonly reply: SgeList;
  replyIndex = -1;

  constructor(entries: number, regions: MemoryRegions) {
    this.firstPsn = new Uint32Array(entries);
    this.packets = new Uint32Array(entries);
    this.bytes = new Float64Array(entries);
    this.skipped = new Float64Array(entries);
    this.flags = new Uint32Array(entries);
    this.status = new Uint8Array(entries);
    this.wr = new Array<SendOperation>(entries).fill(unknownOperation);
    this.request = new SendRequest(regions);
    this.reply = new SgeList(regions);
  }

  /** What was copied of work requests is read again when it is next needed. */
  unload(): void {
    this.request.index = -1;
    this.replyIndex = -1;
  }
}
