/** Both ends of a link between two ports agree on these when it connects. */
export interface LinkOptions {
  /** Bytes accepted and not yet handed to the other side, above which `writable` is false. */
  readonly bufferedBytesMax: number;
}

export type LinkState = "connecting" | "up" | "down" | "closed";

/**
 * A duplex, ordered, message-preserving connection between two hosts' ports. It loses what is under way when it goes
 * down (like a cable), and comes up again by itself; the adapters' transport retransmits.
 */
export interface Link {
  readonly state: LinkState;
  /** Bytes accepted by `send` that have not left yet. */
  readonly bufferedBytes: number;
  /** May `send` be called: up, and below the buffer limit. */
  readonly writable: boolean;
  /**
   * Hand over one frame. The link owns `frame`'s memory until the callback `onSent`; a frame given while the link is
   * not up is dropped and counted.
   */
  send(frame: Uint8Array, onSent?: () => void): void;
  /** One handler each; set before the link is used. The frame is valid during the call only. */
  onFrame: (frame: Uint8Array) => void;
  onState: (state: LinkState) => void;
  /** Called when `writable` turns true. */
  onWritable: () => void;
  readonly counters: LinkCounters;
  close(): void;
}

export interface LinkCounters {
  framesSent: number;
  framesReceived: number;
  bytesSent: number;
  bytesReceived: number;
  framesDropped: number;
  framesRefused: number;
  reconnects: number;
}
