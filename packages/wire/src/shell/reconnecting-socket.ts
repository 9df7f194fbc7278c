import { type ErrorCode, NomadError } from "@nomad/base";
import type { AuthenticatedSocket } from "./authenticated-socket.ts";
import { type ConnectOptions, connect } from "./connect.ts";

const backoffMinMs = 50;
const backoffMaxMs = 1000;
/** Between attempts after an error that only an operator can mend. */
const operatorMs = 5000;
const operatorErrors: ReadonlySet<ErrorCode> = new Set(["E_AUTH", "E_VERSION", "E_CONFIG"]);

export interface ReconnectingSocketOptions extends Omit<ConnectOptions, "signal"> {
  readonly url: string;
  readonly onUp: (socket: AuthenticatedSocket) => void;
  /** The connection was lost, or an attempt failed; the next one comes after `retryMs`. */
  readonly onDown: (error: NomadError, retryMs: number) => void;
}

/** Keeps one authenticated connection up until it is closed: each new one goes to `onUp`, whose `onClose` stays here. */
export class ReconnectingSocket {
  readonly #options: ReconnectingSocketOptions;
  readonly #abort = new AbortController();
  #socket: AuthenticatedSocket | null = null;
  #backoffMs = backoffMinMs;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ReconnectingSocketOptions) {
    this.#options = options;
    void this.#connect();
  }

  /** The connection, or null while there is none. */
  get socket(): AuthenticatedSocket | null {
    return this.#socket;
  }

  /** Ends the connection, in order, and every attempt; neither `onUp` nor `onDown` is called after it. */
  close(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#socket = null;
  }

  async #connect(): Promise<void> {
    const { signal } = this.#abort;
    const outcome = await connect(this.#options.url, { ...this.#options, signal }).catch(nomadError);
    if (outcome instanceof NomadError) return this.#down(outcome);
    if (signal.aborted) return outcome.close();
    this.#up(outcome);
  }

  #up(socket: AuthenticatedSocket): void {
    this.#socket = socket;
    this.#backoffMs = backoffMinMs;
    this.#options.onUp(socket);
    socket.onClose = (error) =>
      this.#down(error ?? new NomadError("E_UNREACHABLE", "the other side closed the connection"));
  }

  #down(error: NomadError): void {
    if (this.#abort.signal.aborted) return;
    this.#socket = null;
    const retryMs = operatorErrors.has(error.code) ? operatorMs : this.#backoffMs;
    this.#backoffMs = Math.min(2 * this.#backoffMs, backoffMaxMs);
    this.#timer = setTimeout(() => void this.#connect(), retryMs);
    this.#options.onDown(error, retryMs);
  }
}

function nomadError(cause: unknown): NomadError {
  return cause instanceof NomadError ? cause : new NomadError("E_INTERNAL", String(cause), { cause });
}
