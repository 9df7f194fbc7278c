import { randomBytes, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { defaults, type Lid, NomadError, Random } from "@nomad/base";
import type { HostEvent, Message } from "@nomad/protocol";
import { type AuthenticatedSocket, type Introduction, listen, memoryLinkPair } from "@nomad/wire";
import type { Logger } from "pino";
import { BulkThread } from "../../bulk/shell/bulk-thread.ts";
import { Channel } from "../../shell/channel.ts";
import { withHealth } from "../../shell/health.ts";
import { introduce } from "../../shell/hello.ts";
import { realClock } from "../../shell/real-clock.ts";
import { Host, type Settle } from "../host.ts";
import { BulkHost } from "./bulk-host.ts";
import { CentralChannel } from "./central-channel.ts";
import { ImageStore } from "./image-store.ts";
import { PeerHosts } from "./peers.ts";
import { VmmHost } from "./vmm-host.ts";

export interface StartHostOptions {
  readonly name: string;
  /** Central's URL, http: or ws:. */
  readonly central: string;
  /** Address to listen on; 0 takes any free port. */
  readonly host: string;
  readonly port: number;
  /** The name or address under which other hosts reach this one, if not `host`. */
  readonly advertise?: string;
  readonly secret: Uint8Array;
  /** Directory of guest images. */
  readonly images: string;
  /** Of the adapter's random numbers; chosen when absent. */
  readonly seed?: number;
  readonly icrc: boolean;
  readonly log: Logger;
}

export interface RunningHost {
  readonly name: string;
  readonly url: string;
  /** Resolves when this host cannot go on: E_HOST_LOST when central has declared it lost meanwhile. */
  readonly failed: Promise<NomadError>;
  close(): Promise<void>;
}

/**
 * A VMM host: listens, joins central, runs guests until closed. Rejects with E_CONFIG, E_AUTH or E_VERSION when it
 * cannot; a central that is not there is waited for.
 */
export async function startHost(o: StartHostOptions): Promise<RunningHost> {
  const { name, secret, log } = o;
  const incarnation = randomUUID();
  const hello = introduce("host", name, incarnation, { icrc: o.icrc, lid: 0 });
  const refused = { connections: 0 };
  const failed = Promise.withResolvers<NomadError>();
  let host: Host | null = null;
  let adopt = (socket: AuthenticatedSocket) => socket.close();
  await using undo = new AsyncDisposableStack();
  const server = await listen({
    host: o.host,
    port: o.port,
    secret,
    hello,
    kinds: ["wire", "peer"],
    onSocket: (socket) => adopt(socket),
    onRefused: (error, remote) => {
      refused.connections++;
      log.warn({ remote, code: error.code, refused: refused.connections }, error.message);
    },
    http: withHealth(() => host !== null),
  });
  undo.defer(() => server.close());
  const bulk = await BulkThread.start({ host: o.host, secret, hello });
  undo.defer(() => bulk.close());
  const address = o.advertise ?? o.host;
  const url = `ws://${address}:${server.port}`;

  // Central may say more right behind its WELCOME, before there is a host to hear it.
  const early: HostEvent[] = [];
  const central = new CentralChannel({
    url: o.central.replace(/^http/, "ws"),
    secret,
    hello,
    self: { name, incarnation, url, pid: process.pid },
    log,
    onMessage: (from, message) => {
      const event: HostEvent = { kind: "message", from: "central", incarnation: from, message };
      if (host) host.handle(event);
      else early.push(event);
    },
    onUp: () => host?.handle({ kind: "channel-up", to: "central" }),
    onDown: (error) => {
      host?.captures.clear();
      log.warn({ code: error.code }, `central: ${error.message}; guests go on without it`);
      if (error.code === "E_HOST_LOST") failed.resolve(error);
    },
  });
  undo.defer(() => central.close());
  const { lid } = await central.welcome();
  hello.parameters.lid = lid;

  const joined = join({ ...o, lid, hello, refused, central, bulk, bulkUrl: `ws://${address}:${bulk.port}` });
  undo.defer(() => joined.close());
  adopt = (socket) => joined.peers.adopt(socket);
  host = joined.host;
  for (const event of early) host.handle(event);
  log.info({ lid, url }, `host ${name} is up`);
  const end = undo.move();
  return { name, url, failed: failed.promise, close: () => end.disposeAsync() };
}

interface Joined {
  readonly host: Host;
  readonly peers: PeerHosts;
  close(): Promise<void>;
}

/** The host's cores with their machines and sockets, once central has given it a LID. */
function join(
  o: Omit<StartHostOptions, "central"> & {
    readonly lid: Lid;
    readonly hello: Introduction;
    readonly central: CentralChannel;
    readonly bulk: BulkThread;
    readonly bulkUrl: string;
    readonly refused: { readonly connections: number };
  },
): Joined {
  const { name, lid, secret, hello, log } = o;
  const vmm = new VmmHost(new ImageStore(o.images), {
    onBell: (vlid) => host.bell(vlid),
    onExit: (vlid, exitCode, error) => host.handle({ kind: "guest-exit", vlid, exitCode, error }),
  });
  const bulk = new BulkHost(o.bulk, o.bulkUrl, (vlid) => vmm.memory(vlid));
  const host: Host = new Host({
    name,
    lid,
    icrc: o.icrc,
    random: new Random(o.seed ?? randomBytes(4).readUInt32LE()),
    crc32,
    clock: realClock,
    clockOriginMs: performance.timeOrigin,
    io: {
      vmm: (vlid, action, done) => settle(vmm.perform(vlid, action), done),
      bulk: (move, action, done) => settle(bulk.perform(move, action), done),
      send: (to: string, message: Message) => (to === "central" ? o.central.send(message) : peers.send(to, message)),
      learnHosts: () => peers.learn(host.coordinator.hosts.values()),
      refused: () => ({ connections: o.refused.connections, messages: Channel.refused }),
    },
  });
  const loopback = memoryLinkPair({ scheduler: realClock, bufferedBytesMax: defaults.linkBufferedBytesMax });
  host.fabric.join(lid, loopback.a, loopback.b);
  const peers = new PeerHosts({
    self: { name, lid },
    fabric: host.fabric,
    secret,
    hello,
    log,
    onMessage: (from, incarnation, message) => host.handle({ kind: "message", from, incarnation, message }),
    onUp: (to) => host.handle({ kind: "channel-up", to }),
  });
  const close = async () => {
    peers.close();
    host.close();
    await vmm.close();
  };
  return { host, peers, close };
}

function settle(work: Promise<unknown>, done: Settle): void {
  work.then(
    (value) => done({ value }),
    (cause: unknown) => done({ error: cause instanceof NomadError ? cause : internal(cause) }),
  );
}

function internal(cause: unknown): NomadError {
  return new NomadError("E_INTERNAL", String(cause), { cause });
}
