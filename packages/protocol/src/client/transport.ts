/** One request to central. */
export interface ApiRequest {
  readonly method: string;
  /** From the slash on, with its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** How long until the answer begins; Infinity: as long as the connection holds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** An answer that has begun. */
export interface ApiAnswer {
  readonly status: number;
  header(name: string): string | null;
  /** Fails with E_UNREACHABLE when the connection breaks; after `close` it just ends. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Takes no more of it. */
  close(): void;
}

/** How requests get to central: the one part of the client that does IO. */
export interface Transport {
  /** Whom it leads to, for messages; without a slash at its end. */
  readonly url: string;
  /**
   * Fails with E_NO_LAB when nothing listens there, E_TIMEOUT when no answer begins in time, E_UNREACHABLE when the
   * connection breaks, and with the signal's reason.
   */
  send(request: ApiRequest): Promise<ApiAnswer>;
}
