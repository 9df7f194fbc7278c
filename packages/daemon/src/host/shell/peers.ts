import { defaults, type Lid } from "@nomad/base";
import type { HostEntry, Message } from "@nomad/protocol";
import {
  AcceptedLink,
  type AuthenticatedSocket,
  DialedLink,
  type Fabric,
  type Introduction,
  ReconnectingSocket,
  type TlsIdentity,
} from "@nomad/wire";
import type { Logger } from "pino";
import type { HostFaults } from "../../faults/host-faults.ts";
import { Channel } from "../../shell/channel.ts";
import { hasRole } from "../../shell/role.ts";

const connectMs = 2000;
const linkOptions = { bufferedBytesMax: defaults.linkBufferedBytesMax };

export interface PeersOptions {
  readonly self: { readonly name: string; readonly lid: Lid };
  readonly fabric: Fabric;
  readonly secret: Uint8Array;
  readonly tls?: TlsIdentity | undefined;
  readonly hello: Introduction;
  readonly log: Logger;
  readonly onMessage: (from: string, incarnation: string, message: Message) => void;
  /** What comes over the links and channels may suffer. */
  readonly faults: Pick<HostFaults, "arrive" | "link">;
  readonly onUp: (name: string) => void;
}

/**
 * Sockets to the other hosts, two a pair: one for packets, one for messages between coordinators. The side with the
 * smaller LID connects.
 */
export class PeerHosts {
  readonly #o: PeersOptions;
  readonly #known = new Map<string, string>();
  readonly #dialers = new Map<string, ReconnectingSocket>();
  readonly #channels = new Map<string, Channel>();
  readonly #lids = new Map<string, Lid>();
  /** Links that wait for the other side to connect. */
  readonly #accepted = new Map<string, AcceptedLink>();

  constructor(options: PeersOptions) {
    this.#o = options;
  }

  /** Central has told which hosts there are. */
  learn(hosts: Iterable<HostEntry>): void {
    for (const host of hosts) {
      if (host.name === this.#o.self.name) continue;
      const key = host.lost ? "lost" : `${host.incarnation} ${host.url}`;
      if (this.#known.get(host.name) === key) continue;
      this.#known.set(host.name, key);
      this.#forget(host.name);
      if (!host.lost) this.#join(host);
    }
  }

  #join({ name, lid, url }: HostEntry): void {
    const { self, fabric, secret, tls, hello, log, faults } = this.#o;
    this.#lids.set(name, lid);
    if (self.lid > lid) {
      const link = new AcceptedLink(linkOptions);
      this.#accepted.set(name, link);
      return fabric.join(lid, faults.link(link, name));
    }
    const onDown = (error: Error) => log.debug({ peer: name }, error.message);
    const common = { url, secret, tls, timeoutMs: connectMs, onDown };
    const link = new DialedLink({ ...linkOptions, ...common, hello: { ...hello, kind: "wire" } });
    fabric.join(lid, faults.link(link, name));
    const onUp = (socket: AuthenticatedSocket) => this.#open(name, socket);
    this.#dialers.set(name, new ReconnectingSocket({ ...common, hello: { ...hello, kind: "peer" }, onUp }));
  }

  /** Another host has connected. */
  adopt(socket: AuthenticatedSocket): void {
    if (!hasRole(socket, "host")) return;
    const { name } = socket.peer;
    const lid = this.#lids.get(name);
    // Central has not told of it yet: it will come again.
    if (lid === undefined) return socket.close();
    const link = this.#accepted.get(name);
    if (socket.peer.kind === "peer") this.#open(name, socket);
    else if (link) link.adopt(socket);
    else socket.close();
  }

  #open(name: string, socket: AuthenticatedSocket): void {
    const before = this.#channels.get(name);
    const deliver = (message: Message) => this.#o.onMessage(name, socket.peer.bootId, message);
    const onMessage = (message: Message) => this.#o.faults.arrive("peer", name, message, () => deliver(message));
    this.#channels.set(name, new Channel(socket, this.#o.log, onMessage));
    before?.close();
    this.#o.onUp(name);
  }

  send(to: string, message: Message): void {
    this.#channels.get(to)?.send(message);
  }

  /** Ends the channels to these hosts; they come again. */
  reconnect(concerned: (name: string) => boolean): void {
    for (const [name, channel] of this.#channels) if (concerned(name)) channel.close();
  }

  #forget(name: string): void {
    const lid = this.#lids.get(name);
    if (lid !== undefined) this.#o.fabric.remove(lid);
    this.#dialers.get(name)?.close();
    this.#dialers.delete(name);
    this.#channels.get(name)?.close();
    this.#channels.delete(name);
    this.#lids.delete(name);
    this.#accepted.delete(name);
  }

  close(): void {
    for (const name of this.#known.keys()) this.#forget(name);
  }
}
