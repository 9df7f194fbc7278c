import { setImmediate } from "node:timers/promises";
import type { Lid } from "@nomad/base";
import { realClock } from "@nomad/daemon/shell";
import { type Device, openStandalone } from "@nomad/verbs/device";
import { Lab, type LabOptions } from "./lab.ts";

const secret = new TextEncoder().encode("the secret of the conformance suite's ports");
const listen = { host: "127.0.0.1", port: 0 };

/** Each context listens at a port of its own, and those after it have dialled it. Time is real. */
export class SocketLab extends Lab {
  readonly contexts: readonly Device[];
  protected readonly clock = realClock;
  protected readonly calmMs = 100;

  static async join({ contexts = 2, heapBytes = 4 * 1024 * 1024 }: LabOptions): Promise<SocketLab> {
    const devices: Device[] = [];
    for (let lid = 1; lid <= contexts; lid++) {
      const device = await openStandalone({ secret, name: `port-${lid}`, lid, seed: lid, heapBytes, listen });
      for (const earlier of devices) {
        await device.dial(earlier.url ?? "");
        await linkUp(earlier, lid);
      }
      devices.push(device);
    }
    return new SocketLab(devices);
  }

  private constructor(devices: readonly Device[]) {
    super();
    this.contexts = devices;
  }

  until<T>(work: Promise<T>): Promise<T> {
    return work;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.contexts.map((device) => device.shutdown()));
  }
}

/** Until the link to this LID is up: the port that was dialled knows it a little later than the one that dials. */
async function linkUp({ port }: Device, lid: number): Promise<void> {
  while (port.fabric.link(lid as Lid)?.state !== "up") await setImmediate();
}
