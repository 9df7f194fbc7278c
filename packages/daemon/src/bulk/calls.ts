import type { ErrorCode } from "@nomad/base";
import type { Injection } from "@nomad/protocol/http";
import type { FaultHits, Introduction, StandingFault, TlsIdentity } from "@nomad/wire";

export interface RoundOptions {
  /** Counts from 0. */
  readonly round: number;
  /** The guest is stopped: what is in memory now is what must arrive. */
  readonly final: boolean;
  /** Damages a page under way, on purpose: a fault to show what digests are for. */
  readonly inject?: Injection | null;
  /** Null: as many as go. */
  readonly bytesPerSecondMax?: number | null;
}

export interface RoundResult {
  readonly pages: number;
  /** Sent, with headers. */
  readonly bytes: number;
  /** From the start of the scan until the other side has all pages in memory. */
  readonly ms: number;
  /** Of this side's memory, when the round is final. */
  readonly digest: string | null;
}

/** How far a round is. */
export interface RoundProgress {
  readonly scannedPages: number;
  readonly totalPages: number;
  readonly bytes: number;
  /** Since the round began. */
  readonly ms: number;
}

export interface BulkCounters {
  readonly framesRefused: number;
  readonly socketsRefused: number;
}

/** What the main thread asks of the bulk thread, and gets: one entry per call. */
export interface BulkCalls {
  listen: {
    in: { host: string; port: number; secret: Uint8Array; tls: TlsIdentity | undefined; hello: Introduction };
    out: number;
  };
  expect: { in: { move: string; memory: WebAssembly.Memory }; out: undefined };
  digest: { in: { move: string }; out: string };
  open: { in: { move: string; url: string; memory: WebAssembly.Memory }; out: undefined };
  round: { in: { move: string } & RoundOptions; out: RoundResult };
  forget: { in: { move: string }; out: undefined };
  faults: { in: { faults: readonly StandingFault[] }; out: readonly FaultHits[] };
  counters: { in: undefined; out: BulkCounters };
  close: { in: undefined; out: undefined };
}

export type BulkCallName = keyof BulkCalls;

export interface BulkRequest<Name extends BulkCallName = BulkCallName> {
  readonly id: number;
  readonly name: Name;
  readonly input: BulkCalls[Name]["in"];
}

/** The answer to a call; before it, of a round, how far it is. */
export type BulkReply =
  | { readonly id: number; readonly progress: RoundProgress }
  | { readonly id: number; readonly output: BulkCalls[BulkCallName]["out"] }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };
