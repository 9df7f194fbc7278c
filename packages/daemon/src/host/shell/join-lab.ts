import { randomBytes, randomUUID } from "node:crypto";
import { crc32 } from "node:zlib";
import { assert, defaults, type Lid, NomadError, Random, type Timings } from "@nomad/base";
import type { Names } from "@nomad/hca";
import type { HostEvent, Message } from "@nomad/protocol";
import {
  type AuthenticatedSocket,
  type Introduction,
  listen,
  memoryLinkPair,
  schemeOf,
  type TlsIdentity,
} from "@nomad/wire";
import type { Logger } from "pino";
import type { Registry } from "prom-client";
import { HostFaults } from "../../faults/host-faults.ts";
import { isOf } from "../../faults/ruled-qp.ts";
import { partLog } from "../../log/part-log.ts";
import { hostMetrics } from "../../metrics/host-metrics.ts";
import { withMetrics, withProcessMetrics } from "../../metrics/shell/serve-metrics.ts";
import { Channel } from "../../shell/channel.ts";
import { notFound, withHealth } from "../../shell/health.ts";
import { introduce } from "../../shell/hello.ts";
import { realClock } from "../../shell/real-clock.ts";
import { type AdapterEvents, Host } from "../host.ts";
import { queuePairsOf } from "../queue-pairs.ts";
import { CentralChannel } from "./central-channel.ts";
import type { Machines, MachinesOptions } from "./machines.ts";
import { PeerHosts } from "./peers.ts";

export interface JoinLabOptions {
  readonly name: string;
  /** Central's URL, http: or ws:. */
  readonly central: string;
  /** Address to listen on; 0 takes any free port. */
  readonly host: string;
  readonly port: number;
  /** The name or address under which other hosts reach this one, if not `host`. */
  readonly advertise?: string;
  readonly secret: Uint8Array;
  /** Every socket is encrypted and takes certificates of the lab's authority alone. */
  readonly tls?: TlsIdentity | undefined;
  /** Of the adapter's random numbers; chosen when absent. */
  readonly seed?: number;
  readonly icrc: boolean;
  /** Packets whose headers are remembered for captures to begin with; `defaults.rememberedPackets` when absent. */
  readonly rememberedPackets?: number;
  /** How its adapter numbers queue pairs and keys; `random` when absent. */
  readonly names?: Names;
  readonly timings?: Timings;
  /** The newest version of the protocol that it is to speak; the current one when absent. */
  readonly protocolVersion?: number;
  readonly log: Logger;
  readonly startMachines: (options: MachinesOptions) => Promise<Machines>;
  /** A program that uses the adapter without a guest. */
  readonly program?: AdapterEvents;
}

export interface JoinedLab {
  readonly name: string;
  readonly url: string;
  readonly host: Host;
  /** Resolves when this host cannot go on: E_HOST_LOST when central has declared it lost meanwhile. */
  readonly failed: Promise<NomadError>;
  close(): Promise<void>;
}

/**
 * Listens, joins central, and is a port of the lab until closed. Rejects with E_CONFIG, E_AUTH or E_VERSION when it cannot;
 * a central that is not there is waited for.
 */
export async function joinLab(o: JoinLabOptions): Promise<JoinedLab> {
  const { name, secret, tls, log } = o;
  const incarnation = randomUUID();
  const hello = introduce("host", name, incarnation, { icrc: o.icrc, lid: 0 }, o.protocolVersion);
  const refused = { connections: 0 };
  const failed = Promise.withResolvers<NomadError>();
  let joined: Joined | null = null;
  let metrics: Registry | null = null;
  let adopt = (socket: AuthenticatedSocket) => socket.close();
  await using undo = new AsyncDisposableStack();
  const server = await listen({
    host: o.host,
    port: o.port,
    secret,
    tls,
    hello,
    kinds: ["wire", "peer"],
    onSocket: (socket) => adopt(socket),
    onRefused: (error, remote) => {
      refused.connections++;
      log.warn({ remote, code: error.code, refused: refused.connections }, error.message);
    },
    http: withHealth(
      () => joined !== null,
      withMetrics(() => metrics, { host: o.host, secret }, notFound),
    ),
  });
  undo.defer(() => server.close());
  const address = o.advertise ?? o.host;
  const joinedHost = () => {
    assert(joined, "machines run when there is a host");
    return joined.host;
  };
  const machines = await o.startMachines({ host: o.host, address, secret, tls, hello, joined: joinedHost });
  undo.defer(() => machines.close());
  const url = `${schemeOf(tls)}://${address}:${server.port}`;

  const faults = new HostFaults({
    name,
    clock: realClock,
    answer: (message) => central.send(message),
    isOf: (destQpn, qp) => joined !== null && isOf(queuePairsOf(joined.host.coordinator), destQpn, qp),
    bulk: machines.faults,
    reconnect: (concerned) => {
      joined?.peers.reconnect(concerned);
      if (concerned("central")) central.reconnect();
    },
  });
  // Central may say more right behind its WELCOME, before there is a host to hear it.
  const early: HostEvent[] = [];
  const toldFrom = partLog(log, (vlid) => joined?.host.coordinator.guests.running.get(vlid)?.name);
  const tell = (event: HostEvent) => {
    if (event.kind === "message") toldFrom(event.from, event.message);
    if (joined) joined.host.handle(event);
    else early.push(event);
  };
  const central: CentralChannel = new CentralChannel({
    url: o.central.replace(/^http/, "ws"),
    secret,
    tls,
    hello,
    self: { name, incarnation, url, pid: process.pid },
    log,
    arrive: (message, deliver) => faults.arrive("control", "central", message, deliver),
    onMessage: (incarnation, message) => {
      if (!faults.handle(message)) tell({ kind: "message", from: "central", incarnation, message });
    },
    onUp: (welcome) => {
      const lid = joined?.host.hca.queryPort().lid ?? welcome.lid;
      if (welcome.lid !== lid) return failed.resolve(anotherLid(lid, welcome.lid));
      tell({ kind: "channel-up", to: "central" });
      tell({ kind: "port-set", settings: welcome.port, generation: welcome.generation });
    },
    onDown: (error) => {
      joined?.host.captures.clear();
      log.warn({ code: error.code }, `central: ${error.message}; guests go on without it`);
      if (error.code !== "E_HOST_LOST") return;
      joined?.host.handle({ kind: "fenced" });
      failed.resolve(error);
    },
  });
  undo.defer(() => central.close());
  const { lid } = await central.welcome();
  hello.parameters.lid = lid;

  const { host, peers } = cables({ ...o, lid, hello, refused, central, machines, faults, tell });
  undo.defer(async () => {
    peers.close();
    host.close();
  });
  adopt = (socket) => peers.adopt(socket);
  joined = { host, peers };
  metrics = withProcessMetrics(hostMetrics(host));
  for (const event of early) host.handle(event);
  log.info({ lid, url }, `host ${name} is up`);
  const end = undo.move();
  return { name, url, failed: failed.promise, host, close: () => end.disposeAsync() };
}

/** Links and connections are made by the LID: a port keeps the first one. */
function anotherLid(held: Lid, lid: Lid): NomadError {
  return new NomadError("E_CONFIG", `central has forgotten this host: its port has LID ${held}, and is to take ${lid}`);
}

interface Joined {
  readonly host: Host;
  readonly peers: PeerHosts;
}

/** The host's cores with its sockets, once central has given it a LID. */
function cables(
  o: Omit<JoinLabOptions, "central"> & {
    readonly lid: Lid;
    readonly hello: Introduction;
    readonly central: CentralChannel;
    readonly machines: Machines;
    readonly refused: { readonly connections: number };
    readonly faults: HostFaults;
    readonly tell: (event: HostEvent) => void;
  },
): Joined {
  const { name, lid, secret, hello, log, machines } = o;
  const host: Host = new Host({
    name,
    lid,
    icrc: o.icrc,
    ...(o.names && { names: o.names }),
    random: new Random(o.seed ?? randomBytes(4).readUInt32LE()),
    crc32,
    clock: realClock,
    clockOriginMs: performance.timeOrigin,
    rememberedPackets: o.rememberedPackets ?? defaults.rememberedPackets,
    ...(o.timings && { timings: o.timings }),
    ...(o.program && { program: o.program }),
    io: {
      vmm: machines.vmm,
      bulk: machines.bulk,
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
    tls: o.tls,
    hello,
    log,
    faults: o.faults,
    onMessage: (from, incarnation, message) => o.tell({ kind: "message", from, incarnation, message }),
    onUp: (to) => host.handle({ kind: "channel-up", to }),
  });
  return { host, peers };
}
