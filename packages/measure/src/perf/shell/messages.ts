import type { Batch } from "../batch.ts";
import type { EndAddress } from "../end.ts";

/** What the other process is told: by its parent alone, over the channel that was forked with it. */
export type ToPeer =
  | { readonly kind: "connect"; readonly address: EndAddress }
  | { readonly kind: "batch"; readonly batch: Batch };

/** What it says: that it listens, and that its end is connected. */
export type FromPeer =
  | { readonly kind: "listening"; readonly url: string; readonly address: EndAddress }
  | { readonly kind: "connected" };

/** How the other process is set up: in its environment, as JSON. */
export interface PeerSetup {
  /** Of the lab of two ports, hexadecimal. */
  readonly secret: string;
  readonly icrc: boolean;
}

export const setupVariable = "NOMAD_PERF_PEER";
