// The other end of the sockets that are measured. It ends when its parent lets go of it.
import { serveTcp, serveWebSockets } from "./peer-sockets.ts";

/** Where this process listens. */
export interface SocketPeer {
  readonly wsUrl: string;
  readonly tcpPort: number;
}

process.once("disconnect", () => process.exit());
process.send?.({ wsUrl: await serveWebSockets(), tcpPort: await serveTcp() } satisfies SocketPeer);
