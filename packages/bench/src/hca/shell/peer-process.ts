import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { NomadError } from "@nomad/base";
import type { FromPeer, ParentConnect, PeerReady } from "./messages.ts";

/** The other process of each measurement; it ends with this object, or with this process. */
export class PeerProcess implements AsyncDisposable {
  readonly ready: PeerReady;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: PeerReady) {
    this.#child = child;
    this.ready = ready;
  }

  /** Rejects with E_INTERNAL when it does not come up. */
  static async start(secret: Uint8Array): Promise<PeerProcess> {
    const env = { ...process.env, NOMAD_BENCH_SECRET: Buffer.from(secret).toString("hex") };
    const child = fork(new URL("peer.ts", import.meta.url), { env });
    const ready = await heard(child, "ready");
    return new PeerProcess(child, ready);
  }

  /** Tells it where this side's queue pairs are; resolves when its own are connected to them. */
  async connect(addresses: ParentConnect["addresses"]): Promise<void> {
    const connected = heard(this.#child, "connected");
    this.#child.send({ kind: "connect", addresses } satisfies ParentConnect);
    await connected;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}

function heard<K extends FromPeer["kind"]>(child: ChildProcess, kind: K): Promise<Extract<FromPeer, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new NomadError("E_INTERNAL", `the peer process ended with ${code} before it was ${kind}`));
    child.once("exit", onExit);
    child.once("message", (message: FromPeer) => {
      child.off("exit", onExit);
      if (message.kind === kind) resolve(message as Extract<FromPeer, { kind: K }>);
      else reject(new NomadError("E_INTERNAL", `the peer process said ${message.kind}, not ${kind}`));
    });
  });
}
