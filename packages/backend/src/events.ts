import type { Lid, Qpn, VKey, VLid, VQpn } from "@nomad/base";
import type { RemoteName } from "./device.ts";

/** A work request (by its address) that waits in a send queue for a name. */
export interface WaitingWork {
  readonly vqpn: VQpn;
  readonly wqe: number;
}

/** For what a remote key is looked up. */
export type KeyWanted =
  | { readonly kind: "call"; readonly sequence: number }
  | ({ readonly kind: "work" } & WaitingWork);

/** What the back-end asks of, and tells, the coordinator. Called synchronously; answers come by `Backend` methods later. */
export interface BackendEvents {
  /** A queue pair goes to RTR: find its peer, register there; then `Backend.connected`. */
  connect(request: {
    readonly vlid: VLid;
    readonly sequence: number;
    readonly vqpn: VQpn;
    readonly remote: RemoteName;
  }): void;
  /** A peer's key is needed; then `Backend.resolved`. */
  resolve(request: {
    readonly vlid: VLid;
    readonly owner: VLid;
    readonly vkey: VKey;
    readonly wanted: KeyWanted;
  }): void;
  /** A datagram's target is to be found; then `Backend.addressed`. */
  address(request: { readonly vlid: VLid; readonly remote: RemoteName; readonly work: WaitingWork }): void;
  /** A datagram has come from this port's queue pair: whose is it? Then `Backend.identified`. */
  identify(sender: { readonly slid: Lid; readonly qpn: Qpn }): void;
  /** Then `Backend.answer`. */
  publish(request: {
    readonly vlid: VLid;
    readonly sequence: number;
    readonly key: string;
    readonly value: string;
  }): void;
  /** Then `Backend.answer`. */
  lookup(request: { readonly vlid: VLid; readonly sequence: number; readonly key: string }): void;
  report(vlid: VLid, json: string): void;
  log(vlid: VLid, line: string): void;
  /** Every send queue gated under this holder is drained. */
  drained(holder: string): void;
}
