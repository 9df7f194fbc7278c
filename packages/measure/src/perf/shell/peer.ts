// The other process of a pair. It ends when its parent lets go of it, or its part of a batch fails.
import { openStandalone } from "@nomad/verbs/device";
import { End } from "../end.ts";
import { runBatch } from "../roles.ts";
import { type FromPeer, type PeerSetup, setupVariable, type ToPeer } from "./messages.ts";

const setup = JSON.parse(process.env[setupVariable] ?? "{}") as PeerSetup;
const device = await openStandalone({
  secret: Buffer.from(setup.secret, "hex"),
  icrc: setup.icrc,
  listen: { host: "127.0.0.1", port: 0 },
});
const end = new End(device);

process.once("disconnect", () => process.exit());
process.on("message", (message: ToPeer) => {
  if (message.kind === "batch") void runBatch(end, message.batch, false, () => performance.now());
  else {
    end.connect(message.address);
    say({ kind: "connected" });
  }
});
say({ kind: "listening", url: device.url ?? "", address: end.address });

function say(message: FromPeer): void {
  process.send?.(message);
}
