import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { NomadError } from "@nomad/base";
import type { SocketPeer } from "./peer.ts";

/** The other end of the sockets that are measured: a process that ends with this object, or with this process. */
export class PeerProcess implements AsyncDisposable {
  readonly peer: SocketPeer;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, peer: SocketPeer) {
    this.#child = child;
    this.peer = peer;
  }

  /** Rejects with E_INTERNAL when it does not come up. */
  static async start(): Promise<PeerProcess> {
    const child = fork(new URL("peer.ts", import.meta.url));
    const ended = once(child, "exit").then(([code]) => {
      throw new NomadError("E_INTERNAL", `the peer process ended with ${code} before it listened`);
    });
    ended.catch(() => {});
    const [peer] = (await Promise.race([once(child, "message"), ended])) as [SocketPeer];
    return new PeerProcess(child, peer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}
