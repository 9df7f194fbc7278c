import { defaults, type Lid, limits, NomadError } from "@nomad/base";
import {
  AcceptedLink,
  type AuthenticatedSocket,
  DialedLink,
  type Fabric,
  type Hello,
  type Introduction,
  listen,
  type SocketServer,
} from "@nomad/wire";
import type { DeviceSockets } from "./device.ts";

const connectMs = 5000;
const linkOptions = { bufferedBytesMax: defaults.linkBufferedBytesMax };

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface CablesOptions {
  readonly fabric: Fabric;
  readonly secret: Uint8Array;
  /** With the port's own `lid`. */
  readonly hello: Introduction;
  /** Where other ports may dial this one; nowhere when absent. */
  readonly listen?: ListenAddress;
  /** A port that dialled was refused. */
  readonly onRefused?: (error: NomadError, remote: string) => void;
}

/** Links from a port to others that it dials or that dial it: a fabric with no central server. */
export class Cables implements DeviceSockets {
  readonly #o: CablesOptions;
  /** The name of whom each link leads to. */
  readonly #names = new Map<Lid, string>();

  #server: SocketServer | null = null;
  #url: string | null = null;

  constructor(options: CablesOptions) {
    this.#o = options;
  }

  get url(): string | null {
    return this.#url;
  }

  /** Begins to listen. Rejects with E_CONFIG when the address cannot be had. */
  async open(): Promise<void> {
    const { secret, hello, listen: address, onRefused = () => {} } = this.#o;
    if (address === undefined) return;
    const onSocket = (socket: AuthenticatedSocket) => this.#adopt(socket);
    this.#server = await listen({ ...address, secret, hello, kinds: ["wire"], onSocket, onRefused });
    this.#url = `ws://${address.host}:${this.#server.port}`;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  /** Resolves to the other port's LID once the link is up. */
  dial(url: string): Promise<number> {
    const { fabric, secret, hello } = this.#o;
    return new Promise((resolve, reject) => {
      let joined: Lid | null = null;
      const refuse = (error: NomadError) => {
        link.close();
        reject(error);
      };
      const onUp = (peer: Hello) => {
        const lid = lidOf(peer);
        if (lid === joined) return;
        const error = joined === null ? this.#conflict(peer, lid) : moved(url, joined, lid);
        if (error !== null) return refuse(error);
        joined = lid;
        this.#names.set(lid, peer.name);
        fabric.join(lid, link);
        resolve(lid);
      };
      const onDown = (error: NomadError) => {
        if (joined === null) refuse(error);
      };
      const link: DialedLink = new DialedLink({
        ...linkOptions,
        url,
        secret,
        hello: { ...hello, kind: "wire" },
        timeoutMs: connectMs,
        onUp,
        onDown,
      });
    });
  }

  /** Another port has dialled: anew, or again. */
  #adopt(socket: AuthenticatedSocket): void {
    const { fabric } = this.#o;
    const lid = lidOf(socket.peer);
    const before = fabric.link(lid);
    if (before instanceof AcceptedLink && this.#names.get(lid) === socket.peer.name) return before.adopt(socket);
    const error = this.#conflict(socket.peer, lid);
    if (error !== null) return socket.close(error);
    const link = new AcceptedLink(linkOptions);
    this.#names.set(lid, socket.peer.name);
    fabric.join(lid, link);
    link.adopt(socket);
  }

  #conflict(peer: Hello, lid: Lid): NomadError | null {
    if (!Number.isInteger(lid) || lid < 1 || lid > limits.unicastLidMax) {
      return new NomadError("E_CONFIG", `${peer.name} has LID ${lid}: 1 to ${limits.unicastLidMax} are ports'`);
    }
    if (this.#o.fabric.link(lid) === undefined) return null;
    const other = this.#names.get(lid) ?? this.#o.hello.name;
    return new NomadError("E_CONFIG", `${peer.name} and ${other} both have LID ${lid}: give one of them another`);
  }
}

function lidOf(peer: Hello): Lid {
  return Number(peer.parameters.lid) as Lid;
}

function moved(url: string, from: Lid, to: Lid): NomadError {
  return new NomadError("E_CONFIG", `at ${url} LID ${to} answers, where LID ${from} was`);
}
