import { NomadError } from "@nomad/base";
import type { RawData, WebSocket } from "ws";
import { closeError, socketError } from "../close-code.ts";
import type { Agreement } from "../handshake.ts";
import { type Hello, messageBytesMax } from "../hello.ts";
import { refuse } from "./authenticate.ts";
import { Liveness } from "./liveness.ts";

/**
 * A WebSocket whose other side has proven that it knows the secret. Binary messages only; the connection ends with
 * E_FRAME at a text message, with E_TOO_LARGE at one above the limit of its kind and with E_TIMEOUT when the other side
 * is silent.
 */
export class AuthenticatedSocket {
  readonly peer: Hello;
  /** The protocol version that both sides speak. */
  readonly protocol: number;
  readonly #ws: WebSocket;
  readonly #messageBytesMax: number;
  readonly #liveness: Liveness;
  #onMessage: ((bytes: Uint8Array) => void) | null = null;
  #onClose: ((error?: NomadError) => void) | null = null;
  #early: Uint8Array[] = [];
  #bufferedBytes = 0;
  #failure: NomadError | undefined;
  #state: "open" | "closing" | "closed" = "open";

  /** `bytesMax`: the largest message taken; by default that of the connection's kind. */
  constructor(ws: WebSocket, agreement: Agreement, bytesMax: number = messageBytesMax[agreement.peer.kind]) {
    this.peer = agreement.peer;
    this.protocol = agreement.protocol;
    this.#ws = ws;
    this.#messageBytesMax = bytesMax;
    this.#liveness = new Liveness(ws, () => this.#silent());
    ws.on("message", (data, isBinary) => this.#receive(data, isBinary));
    for (const sign of ["ping", "pong"]) ws.on(sign, () => this.#liveness.heard());
    ws.on("error", (cause: Error & { code?: string }) => this.#fail(socketError(cause)));
    ws.on("close", (code, reason) => this.#closed(closeError(code, reason.toString())));
  }

  get open(): boolean {
    return this.#state === "open";
  }

  /** Bytes sent that the kernel has not taken yet. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Each message, in order. What arrives before a handler is set waits for it. The bytes are the handler's to keep. */
  set onMessage(handler: (bytes: Uint8Array) => void) {
    this.#onMessage = handler;
    const early = this.#early;
    this.#early = [];
    for (const bytes of early) handler(bytes);
  }

  /** The end, called once: without an error when either side closed in order. */
  set onClose(handler: (error?: NomadError) => void) {
    this.#onClose = handler;
    if (this.#state === "closed") handler(this.#failure);
  }

  /**
   * Sends one message. The bytes are not copied and belong to the socket until `onSent`, which is called once, whether
   * they were written or lost.
   */
  send(bytes: Uint8Array, onSent: () => void = () => {}): void {
    this.#bufferedBytes += bytes.length;
    this.#ws.send(bytes, () => {
      this.#bufferedBytes -= bytes.length;
      onSent();
    });
  }

  /** Ends the connection in order, or with an error that the other side is told. */
  close(error?: NomadError): void {
    if (this.#state !== "open") return;
    this.#state = "closing";
    this.#failure = error;
    if (error) refuse(this.#ws, error);
    else this.#ws.close(1000);
  }

  /** Ends the connection at once. */
  terminate(): void {
    if (this.#state === "open") this.#state = "closing";
    this.#ws.terminate();
  }

  #receive(data: RawData, isBinary: boolean): void {
    this.#liveness.heard();
    if (this.#state !== "open") return;
    const { buffer, byteOffset, length } = data as Buffer;
    // No Buffer leaves here: what its slice() gives is no copy, and whoever keeps one would keep what is not his.
    const bytes = new Uint8Array(buffer, byteOffset, length);
    const error = this.#refusal(bytes, isBinary);
    if (error) this.close(error);
    else if (this.#onMessage) this.#onMessage(bytes);
    else this.#early.push(bytes);
  }

  #refusal(bytes: Uint8Array, isBinary: boolean): NomadError | null {
    if (!isBinary) return new NomadError("E_FRAME", "a text message: messages are binary");
    if (bytes.length <= this.#messageBytesMax) return null;
    const limit = `the limit of a ${this.peer.kind} connection is ${this.#messageBytesMax}`;
    return new NomadError("E_TOO_LARGE", `a message of ${bytes.length} bytes: ${limit}`);
  }

  #fail(error: NomadError): void {
    if (this.#state === "open") this.#failure ??= error;
  }

  #silent(): void {
    this.#fail(new NomadError("E_TIMEOUT", `${this.peer.name} is silent`));
    this.terminate();
  }

  #closed(error: NomadError | undefined): void {
    this.#liveness.stop();
    // Once this side has closed, how the other takes it is no error any more.
    if (this.#state === "open") this.#failure ??= error;
    this.#state = "closed";
    this.#onClose?.(this.#failure);
  }
}
