// The other process of each measurement. It ends when its parent lets go of it.
import { type Device, openStandalone } from "@nomad/verbs/device";
import { messageBytes, writeBytes } from "../amounts.ts";
import { Rig } from "../rig.ts";
import type { FromPeer, ParentConnect } from "./messages.ts";
import { echoMessages, receiveStream } from "./peer-adapter.ts";
import { serveTcp, serveWebSockets } from "./peer-sockets.ts";

const secret = new Uint8Array(Buffer.from(process.env.NOMAD_BENCH_SECRET ?? "", "hex"));
const listen = { host: "127.0.0.1", port: 0 };

function say(message: FromPeer): void {
  process.send?.(message);
}

async function main(): Promise<void> {
  const devices = await Promise.all([true, false].map((icrc) => openStandalone({ secret, listen, icrc })));
  const rigs = devices.map((device) => new Rig(device, Math.max(messageBytes, writeBytes)));
  const ports = devices.map((device, i) => portOf(device, rigs[i] as Rig, i === 0));
  process.once("disconnect", () => process.exit());
  process.once("message", (message: ParentConnect) => {
    for (const [i, rig] of rigs.entries()) {
      const address = message.addresses[i];
      if (address === undefined) continue;
      rig.connect(address);
      void echoMessages(rig);
      void receiveStream(rig);
    }
    say({ kind: "connected" });
  });
  say({ kind: "ready", wsUrl: await serveWebSockets(), tcpPort: await serveTcp(), ports });
}

function portOf(device: Device, rig: Rig, icrc: boolean): { icrc: boolean; url: string; address: Rig["address"] } {
  return { icrc, url: device.url ?? "", address: rig.address };
}

await main();
