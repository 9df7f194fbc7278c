import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { NomadError } from "@nomad/base";
import { type Device, openStandalone } from "@nomad/verbs/device";
import type { Batch, BatchOutcome } from "../batch.ts";
import { End } from "../end.ts";
import { runBatch } from "../roles.ts";
import { type FromPeer, type PeerSetup, setupVariable, type ToPeer } from "./messages.ts";

/** A `verbs` program in this process and one in another, connected by every transport over a socket on loopback. */
export class PerfPair implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #device: Device;
  readonly #end: End;
  /** Rejects when the other process ends of itself. */
  readonly #broken: Promise<never>;

  private constructor(child: ChildProcess, device: Device, broken: Promise<never>) {
    this.#child = child;
    this.#device = device;
    this.#end = new End(device);
    this.#broken = broken;
  }

  /** Rejects with E_INTERNAL when the other process does not come up. */
  static async start({ icrc }: { readonly icrc: boolean }): Promise<PerfPair> {
    const secret = randomBytes(32);
    const setup: PeerSetup = { secret: secret.toString("hex"), icrc };
    const env = { ...process.env, [setupVariable]: JSON.stringify(setup) };
    // In a process group of its own: an interrupt at the terminal is for this process, which ends the other.
    const child = fork(new URL("peer.ts", import.meta.url), { env, detached: true });
    const broken = once(child, "exit").then(([code]) => {
      throw new NomadError("E_INTERNAL", `the other process of the measurement ended with ${code}`);
    });
    broken.catch(() => {});
    const pair = new PerfPair(child, await openStandalone({ secret, icrc }), broken);
    try {
      await pair.#connect();
    } catch (error) {
      await pair[Symbol.asyncDispose]();
      throw error;
    }
    return pair;
  }

  /** One batch, led from here. Rejects with E_INTERNAL when the other process fails, E_STATE when a work request does. */
  run(batch: Batch): Promise<BatchOutcome> {
    this.#tell({ kind: "batch", batch });
    return Promise.race([runBatch(this.#end, batch, true, () => performance.now()), this.#broken]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
    const exit = isOver ? null : once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    await this.#device.shutdown();
    await exit;
  }

  async #connect(): Promise<void> {
    const { url, address } = await this.#heard("listening");
    await this.#device.dial(url);
    this.#end.connect(address);
    this.#tell({ kind: "connect", address: this.#end.address });
    await this.#heard("connected");
  }

  #tell(message: ToPeer): void {
    this.#child.send(message);
  }

  async #heard<K extends FromPeer["kind"]>(kind: K): Promise<Extract<FromPeer, { kind: K }>> {
    const [message] = (await Promise.race([once(this.#child, "message"), this.#broken])) as [FromPeer];
    if (message.kind === kind) return message as Extract<FromPeer, { kind: K }>;
    throw new NomadError("E_INTERNAL", `the other process said ${message.kind}, not ${kind}`);
  }
}
