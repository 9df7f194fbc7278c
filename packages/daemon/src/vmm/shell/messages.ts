import type { GlobalDeclaration } from "@nomad/guest";
import type { GlobalValue } from "../guest-state.ts";

/** What the worker is started with. */
export interface GuestWorkerData {
  readonly wasm: Uint8Array<ArrayBuffer>;
  readonly memory: WebAssembly.Memory;
  readonly globals: readonly GlobalDeclaration[];
  /** The word of its `Throttle`. */
  readonly throttle: Int32Array;
}

/** From the host's thread to the guest's, which reads them only while the guest does not run. */
export type ToGuest =
  | { readonly kind: "boot" }
  | { readonly kind: "set-globals"; readonly globals: readonly GlobalValue[] }
  | { readonly kind: "rewind" };

/** From the guest's thread. */
export type FromGuest =
  | { readonly kind: "ready" }
  | { readonly kind: "unfit"; readonly reason: string }
  | { readonly kind: "globals-set" }
  | { readonly kind: "stopped"; readonly globals: GlobalValue[]; readonly clockNs: bigint }
  | { readonly kind: "exited"; readonly code: number; readonly globals: GlobalValue[]; readonly clockNs: bigint }
  | { readonly kind: "trapped"; readonly reason: string };
