import type { RigAddress } from "../rig.ts";

/** A port of the peer process, and the queue pairs behind it. */
export interface PeerPort {
  readonly icrc: boolean;
  readonly url: string;
  readonly address: RigAddress;
}

/** What the peer process says once it listens. */
export interface PeerReady {
  readonly kind: "ready";
  readonly wsUrl: string;
  readonly tcpPort: number;
  readonly ports: readonly PeerPort[];
}

/** What the parent says once it has linked to each port, in their order. */
export interface ParentConnect {
  readonly kind: "connect";
  readonly addresses: readonly RigAddress[];
}

export interface PeerConnected {
  readonly kind: "connected";
}

export type FromPeer = PeerReady | PeerConnected;
