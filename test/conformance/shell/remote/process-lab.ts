import { setImmediate } from "node:timers/promises";
import type { Lid } from "@nomad/base";
import { realClock } from "@nomad/daemon/shell";
import { type Device, openStandalone, type StandaloneOptions } from "@nomad/verbs/device";
import { Lab, type LabOptions } from "../../kit/lab.ts";
import { Client } from "./client.ts";

const secret = new TextEncoder().encode("the secret of the conformance suite's ports");
const listen = { host: "127.0.0.1", port: 0 };

/** Processes of ports, by the port's place in a lab; they outlive the lab, and end with this process. */
const clients: Client[] = [];

/** Each context is a port of a process of its own, linked to the others by WebSockets: the first in this one. Time is real. */
export class ProcessLab extends Lab {
  readonly contexts: readonly Device[];
  protected readonly clock = realClock;
  protected readonly calmMs = 100;

  static async join({ contexts = 2, heapBytes = 4 * 1024 * 1024 }: LabOptions): Promise<ProcessLab> {
    const devices: Device[] = [];
    for (let lid = 1; lid <= contexts; lid++) {
      const device = await openPort(lid - 1, { secret, name: `port-${lid}`, lid, seed: lid, heapBytes, listen });
      for (const earlier of devices) {
        await device.dial(earlier.url ?? "");
        await linkUp(earlier, lid);
      }
      devices.push(device);
    }
    return new ProcessLab(devices);
  }

  private constructor(devices: readonly Device[]) {
    super();
    this.contexts = devices;
  }

  /** Whoever waited sees memory of other processes as it is then. */
  async until<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    for (const client of clients) client?.sync();
    return result;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.contexts.map((device) => device.shutdown()));
    for (const client of clients) client?.forget();
  }
}

async function openPort(place: number, options: StandaloneOptions): Promise<Device> {
  if (place === 0) return openStandalone(options);
  clients[place] ??= await Client.start();
  const process = clients[place].root as { open(given: StandaloneOptions): Promise<Device> };
  return process.open(options);
}

/** Until the link to this LID is up: the port that was dialled knows it a little later than the one that dials. */
async function linkUp({ port }: Device, lid: number): Promise<void> {
  while (port.fabric.link(lid as Lid)?.state !== "up") await setImmediate();
}
