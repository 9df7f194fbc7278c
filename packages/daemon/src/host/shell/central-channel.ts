import { defaults, type Lid, NomadError } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import { type AuthenticatedSocket, type Introduction, ReconnectingSocket, type TlsIdentity } from "@nomad/wire";
import type { Logger } from "pino";
import { Channel } from "../../shell/channel.ts";
import { hasRole } from "../../shell/role.ts";

export type Welcome = Extract<Message, { kind: "WELCOME" }>;

export interface CentralChannelOptions {
  readonly url: string;
  readonly secret: Uint8Array;
  readonly tls?: TlsIdentity | undefined;
  readonly hello: Introduction;
  /** Who this host is, said at each connection. */
  readonly self: { readonly name: string; readonly incarnation: string; readonly url: string; readonly pid: number };
  readonly log: Logger;
  readonly onMessage: (incarnation: string, message: Message) => void;
  /** Sees every message before anybody else, and delivers it. */
  readonly arrive: (message: Message, deliver: () => void) => void;
  readonly onUp: (welcome: Welcome) => void;
  readonly onDown: (error: NomadError) => void;
}

/** The control connection to central: introduces the host each time that it comes up. */
export class CentralChannel {
  readonly #o: CentralChannelOptions;
  readonly #connection: ReconnectingSocket;
  #channel: Channel | null = null;
  #lid: Lid | null = null;
  #welcomed: ((welcome: Welcome | NomadError) => void) | null = null;

  constructor(options: CentralChannelOptions) {
    this.#o = options;
    this.#connection = new ReconnectingSocket({
      url: options.url,
      secret: options.secret,
      tls: options.tls,
      hello: { ...options.hello, kind: "control" },
      timeoutMs: defaults.controlRequestMs,
      onUp: (socket) => this.#up(socket),
      onDown: (error) => this.#down(error),
    });
  }

  /** Central's first WELCOME. Rejects with what an operator must mend: E_AUTH, E_VERSION, E_CONFIG. */
  welcome(): Promise<Welcome> {
    return new Promise((resolve, reject) => {
      this.#welcomed = (outcome) => (outcome instanceof NomadError ? reject(outcome) : resolve(outcome));
    });
  }

  #up(socket: AuthenticatedSocket): void {
    if (!hasRole(socket, "central")) return;
    const { bootId } = socket.peer;
    this.#channel = new Channel(socket, this.#o.log, (message) =>
      this.#o.arrive(message, () => this.#message(bootId, message)),
    );
    this.#channel.send({ kind: "HELLO", id: 0, ...this.#o.self, ...(this.#lid !== null && { lid: this.#lid }) });
  }

  #message(incarnation: string, message: Message): void {
    if (message.kind === "WELCOME") return this.#settle(message);
    if (message.kind === "FAILED" && message.re === 0)
      return this.#settle(new NomadError(message.code, message.message));
    this.#o.onMessage(incarnation, message);
  }

  #settle(outcome: Welcome | NomadError): void {
    const first = this.#welcomed;
    this.#welcomed = null;
    first?.(outcome);
    if (outcome instanceof NomadError) return this.#o.onDown(outcome);
    this.#lid ??= outcome.lid;
    this.#o.onUp(outcome);
    this.#o.onMessage("", { kind: "HOSTS", hosts: outcome.hosts });
  }

  #down(error: NomadError): void {
    this.#channel = null;
    const fatal = error.code === "E_AUTH" || error.code === "E_VERSION" || error.code === "E_CONFIG";
    if (fatal && this.#welcomed) this.#settle(error);
    else this.#o.onDown(error);
  }

  send(message: Message): void {
    this.#channel?.send(message);
  }

  /** Ends the connection; the next one comes soon. */
  reconnect(): void {
    this.#channel?.close();
  }

  close(): void {
    this.#connection.close();
  }
}
