import type { Fabric } from "@nomad/wire";
import { Context, type ContextOptions } from "../context.ts";

/** The sockets of a port. */
export interface DeviceSockets {
  readonly url: string | null;
  open(): Promise<void>;
  dial(url: string): Promise<number>;
  close(): Promise<void>;
}

export interface DeviceOptions extends ContextOptions {
  readonly sockets: (fabric: Fabric) => DeviceSockets;
}

/** A context with sockets: a port that other processes reach. `await using` closes it. */
export class Device extends Context implements AsyncDisposable {
  readonly #sockets: DeviceSockets;

  /** Rejects with what its sockets cannot have. */
  static async open(options: DeviceOptions): Promise<Device> {
    const device = new Device(options);
    try {
      await device.#sockets.open();
      return device;
    } catch (error) {
      await device.shutdown();
      throw error;
    }
  }

  private constructor(options: DeviceOptions) {
    super(options);
    this.#sockets = options.sockets(this.port.fabric);
  }

  /** Where other ports dial, or null when it does not listen. */
  get url(): string | null {
    return this.#sockets.url;
  }

  /**
   * Links to the port that listens at `url`, and resolves to its LID. The link comes up again by itself when it is lost.
   * Rejects with E_UNREACHABLE, E_AUTH, E_VERSION, E_TIMEOUT, or E_CONFIG when ICRCs or LIDs do not fit.
   */
  dial(url: string): Promise<number> {
    return this.#sockets.dial(url);
  }

  /** Closes the port and its sockets; resolves when nothing of it is left. */
  async shutdown(): Promise<void> {
    this.close();
    await this.#sockets.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown();
  }
}
