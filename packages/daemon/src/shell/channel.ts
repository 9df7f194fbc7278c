import { limits, NomadError } from "@nomad/base";
import { decodeMessage, encodeMessage, hasKind, isAnswer, isRequest, type Message, refusalOf } from "@nomad/protocol";
import type { AuthenticatedSocket } from "@nomad/wire";
import type { Logger } from "pino";
import { RateLimit } from "../rate-limit.ts";

/**
 * The control messages of one socket, in the version that both ends speak. A message that does not follow the schema ends
 * the socket, and is counted; so does a flood of them, and another side that does not read.
 */
export class Channel {
  readonly #socket: AuthenticatedSocket;
  readonly #onMessage: (message: Message) => void;
  readonly #now: () => number;
  readonly #rate: RateLimit;
  /** Messages refused in this process. */
  static refused = 0;

  /** `now`: the time, ms. */
  constructor(
    socket: AuthenticatedSocket,
    log: Logger,
    onMessage: (message: Message) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#socket = socket;
    this.#now = now;
    this.#rate = new RateLimit(limits.controlMessagesPerSecondMax, now());
    this.#onMessage = onMessage;
    socket.onMessage = (bytes) => {
      const message = this.#decode(bytes, log);
      if (message) onMessage(message);
    };
  }

  #decode(bytes: Uint8Array, log: Logger): Message | undefined {
    try {
      if (!this.#rate.take(this.#now()))
        throw new NomadError("E_BUSY", `more than ${limits.controlMessagesPerSecondMax} messages a second`);
      return decodeMessage(bytes, this.#socket.protocol);
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
      Channel.refused++;
      log.error({ peer: this.#socket.peer.name, code: error.code, refused: Channel.refused }, error.message);
      this.#socket.close(error);
      return undefined;
    }
  }

  send(message: Message): void {
    if (!this.#socket.open) return;
    if (this.#socket.bufferedBytes > limits.controlBufferedBytesMax) return this.#socket.terminate();
    const { protocol } = this.#socket;
    if (hasKind(protocol, message.kind)) this.#socket.send(encodeMessage(message, protocol));
    else if (isRequest(message)) queueMicrotask(() => this.#onMessage(refusalOf(message, protocol)));
    else if (isAnswer(message)) this.#socket.send(encodeMessage(refusalOf(message, protocol), protocol));
  }

  close(): void {
    this.#socket.close();
  }

  is(socket: AuthenticatedSocket): boolean {
    return this.#socket === socket;
  }
}
