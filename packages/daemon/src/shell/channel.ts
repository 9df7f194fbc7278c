import { NomadError } from "@nomad/base";
import { decodeMessage, encodeMessage, type Message } from "@nomad/protocol";
import type { AuthenticatedSocket } from "@nomad/wire";
import type { Logger } from "pino";

/** The control messages of one socket. A message that does not follow the schema ends the socket, and is counted. */
export class Channel {
  readonly #socket: AuthenticatedSocket;
  /** Messages refused in this process. */
  static refused = 0;

  constructor(socket: AuthenticatedSocket, log: Logger, onMessage: (message: Message) => void) {
    this.#socket = socket;
    socket.onMessage = (bytes) => {
      const message = this.#decode(bytes, log);
      if (message) onMessage(message);
    };
  }

  #decode(bytes: Uint8Array, log: Logger): Message | undefined {
    try {
      return decodeMessage(bytes);
    } catch (error) {
      if (!(error instanceof NomadError)) throw error;
      Channel.refused++;
      log.error({ peer: this.#socket.peer.name, code: error.code, refused: Channel.refused }, error.message);
      this.#socket.close(error);
      return undefined;
    }
  }

  send(message: Message): void {
    if (this.#socket.open) this.#socket.send(encodeMessage(message));
  }

  close(): void {
    this.#socket.close();
  }

  is(socket: AuthenticatedSocket): boolean {
    return this.#socket === socket;
  }
}
