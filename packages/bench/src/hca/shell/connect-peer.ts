// Accepts every connection that is asked for. It ends when its parent lets go of it.
import type { ConnectRequest } from "@nomad/verbs";
import { openStandalone } from "@nomad/verbs/device";
import { connectPort, idleQp, idleQueues } from "./idle-qp.ts";

/** Where it listens, as a port of the fabric. */
export interface ConnectPeer {
  readonly url: string;
}

const [, , secret = ""] = process.argv;
const device = await openStandalone({
  secret: Buffer.from(secret, "hex"),
  listen: { host: "127.0.0.1", port: 0 },
});
const queues = idleQueues(device);
process.once("disconnect", () => process.exit());
process.send?.({ url: device.url ?? "" } satisfies ConnectPeer);
for await (const request of device.cm.listen(connectPort)) void accept(request);

/** The connection lasts until the other end has had enough of it. */
async function accept(request: ConnectRequest): Promise<void> {
  const connection = await request.accept(idleQp(queues));
  await connection.disconnected;
  connection.qp.destroy();
}
