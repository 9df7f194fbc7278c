import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { NomadError } from "@nomad/base";
import type { ConnectPeer } from "./connect-peer.ts";
import type { SocketPeer } from "./peer.ts";
import type { QpMemory } from "./qp-memory.ts";

/** The programs that are other ends of what is measured, and what each says once it is ready. */
interface Programs {
  readonly "peer.ts": SocketPeer;
  readonly "connect-peer.ts": ConnectPeer;
  readonly "qp-memory.ts": QpMemory;
}

/** A process with a part in a measurement, which ends with this object, or with this process. */
export class PeerProcess<Ready> implements AsyncDisposable {
  readonly ready: Ready;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, ready: Ready) {
    this.#child = child;
    this.ready = ready;
  }

  /** Rejects with E_INTERNAL when it does not come up. */
  static async start<File extends keyof Programs>(
    file: File,
    { args = [], execArgv = [] }: { readonly args?: readonly string[]; readonly execArgv?: readonly string[] } = {},
  ): Promise<PeerProcess<Programs[File]>> {
    const child = fork(new URL(file, import.meta.url), args, { execArgv: [...execArgv] });
    const ended = once(child, "exit").then(([code]) => {
      throw new NomadError("E_INTERNAL", `${file} ended with ${code} before it was ready`);
    });
    ended.catch(() => {});
    const [ready] = (await Promise.race([once(child, "message"), ended])) as [Programs[File]];
    return new PeerProcess(child, ready);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const exit = once(this.#child, "exit");
    this.#child.disconnect();
    await exit;
  }
}
