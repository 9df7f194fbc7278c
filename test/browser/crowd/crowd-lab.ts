import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { timings } from "@nomad/base";
import { httpApi } from "@nomad/daemon/http-api";
import { siteDirectory } from "@nomad/dashboard";
import { chatter, chatterBytes, hostNames, World } from "@nomad/sim";
import { LabClient } from "nomad-rdma";
import { pino } from "pino";
import { ServedWorld } from "./served-world.ts";

export const guestCount = 200;
export const connectionCount = 2_000;
const hostCount = 16;
const peersPerGuest = (2 * connectionCount) / guestCount;
const secret = new TextEncoder().encode("of a crowd that lives in this process alone");
/** Of the world's time in one turn of this process: between two, requests are answered. */
const turnMs = 5;

const guestNames = Array.from({ length: guestCount }, (_, i) => `guest-${i + 1}`);

/** Each guest talks to the ten before it and the ten behind it, in a circle. */
function peersOf(index: number): string[] {
  return Array.from({ length: peersPerGuest }, (_, i) => {
    const away = i < peersPerGuest / 2 ? i - peersPerGuest / 2 : i - peersPerGuest / 2 + 1;
    return guestNames[(index + away + guestCount) % guestCount] as string;
  });
}

function crowdedWorld(): World {
  const pace = { restMs: 100, sendsAtOnce: 1, reportMs: 1_000 };
  const programs = guestNames.map((own, i) => [own, chatter({ own, peers: peersOf(i), ...pace })] as const);
  const world = new World({
    seed: 1,
    hosts: hostCount,
    programs: Object.fromEntries(programs),
    programBytes: chatterBytes(peersPerGuest),
    timings,
  });
  // Thousands of names are published at first, one after the other.
  world.disk.commitMs = 0;
  const hosts = hostNames(hostCount);
  for (const [i, name] of guestNames.entries()) world.boot(name, name, hosts[i % hostCount] as string);
  const all = () => guestNames.every((name) => world.central.directory.guest(name).report !== null);
  world.until("all guests have reported", all);
  return world;
}

/** A simulated lab of many guests behind central's real HTTP API. Its time passes as ours does, or slower. */
export class CrowdLab implements AsyncDisposable {
  readonly client: LabClient;
  readonly #server: Server;
  readonly #world: World;
  #last = performance.now();
  #ended = false;

  private constructor(world: World, server: Server) {
    this.#world = world;
    this.#server = server;
    this.client = new LabClient({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, secret });
    this.#go();
  }

  static async start(): Promise<CrowdLab> {
    const world = crowdedWorld();
    const log = pino({ level: "silent" });
    const server = createServer(
      httpApi(new ServedWorld(world), { host: "127.0.0.1", secret, log, dashboard: siteDirectory }),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new CrowdLab(world, server);
  }

  #go(): void {
    if (this.#ended) return;
    const began = performance.now();
    this.#world.run(Math.min(began - this.#last, turnMs));
    this.#last = began;
    setTimeout(() => this.#go(), 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended = true;
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
