import type { NomadError } from "@nomad/base";
import type { Hello } from "../hello.ts";
import type { LinkOptions } from "../link.ts";
import { LinkBase } from "../link-base.ts";
import type { AuthenticatedSocket } from "./authenticated-socket.ts";
import { ReconnectingSocket, type ReconnectingSocketOptions } from "./reconnecting-socket.ts";

/** What is shorter is left to the garbage collector. */
const freedAboveBytes = 4096;

/** A link over one authenticated socket at a time. */
abstract class WebSocketLink extends LinkBase {
  #socket: AuthenticatedSocket | null = null;

  /** The connection of now: its frames come in, and frames go out over it. */
  protected attach(socket: AuthenticatedSocket): void {
    this.#socket = socket;
    this.enter("up");
    socket.onMessage = (frame) => {
      if (socket === this.#socket) this.received(frame);
      free(frame);
    };
  }

  /** There is no connection; frames that have not left are lost with it. */
  protected detach(): void {
    this.#socket = null;
    this.enter("down");
  }

  protected transmit(frame: Uint8Array, onSent: () => void): void {
    (this.#socket as AuthenticatedSocket).send(frame, () => this.left(frame, onSent));
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.enter("closed");
    socket?.close();
  }

  protected get current(): AuthenticatedSocket | null {
    return this.#socket;
  }
}

export interface DialedLinkOptions extends LinkOptions, Omit<ReconnectingSocketOptions, "onUp" | "onDown"> {
  /** Who is at the other side, at every connection: before the link is up and anything is received. */
  readonly onUp?: (peer: Hello) => void;
  /** Why the link is down, at every attempt. */
  readonly onDown?: (error: NomadError, retryMs: number) => void;
}

/** The side of a link that connects, and does so again whenever the connection is lost. */
export class DialedLink extends WebSocketLink {
  readonly #connection: ReconnectingSocket;

  constructor(options: DialedLinkOptions) {
    super(options);
    this.#connection = new ReconnectingSocket({
      ...options,
      onUp: (socket) => {
        options.onUp?.(socket.peer);
        this.attach(socket);
      },
      onDown: (error, retryMs) => {
        this.detach();
        options.onDown?.(error, retryMs);
      },
    });
  }

  override close(): void {
    super.close();
    this.#connection.close();
  }
}

/** The side of a link that is connected to. */
export class AcceptedLink extends WebSocketLink {
  /** A new connection of the same peer, which replaces the one before. */
  adopt(socket: AuthenticatedSocket): void {
    if (this.state === "closed") {
      socket.close();
      return;
    }
    const before = this.current;
    if (before) {
      this.detach();
      before.terminate();
    }
    this.attach(socket);
    socket.onClose = () => {
      if (socket === this.current) this.detach();
    };
  }
}

/**
 * Gives back the memory of a large frame that is not part of a larger buffer: one that was put together of several reads. Left to
 * the garbage collector, such frames have V8 mark the whole heap again for every few megabytes that come in. (An empty one is a
 * constant of ws.)
 */
function free({ buffer, length }: Uint8Array): void {
  if (length > freedAboveBytes && buffer instanceof ArrayBuffer && buffer.byteLength === length) buffer.transfer(0);
}
