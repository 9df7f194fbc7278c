import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { Probe } from "@nomad/measure";
import type { Context } from "@nomad/verbs";
import { openStandalone } from "@nomad/verbs/device";
import { WebSocket } from "ws";
import type { Amounts } from "../amounts.ts";
import { connectPort, type IdleQueues, idleQp, idleQueues } from "./idle-qp.ts";
import { PeerProcess } from "./peer-process.ts";
import { wsOptions } from "./socket-options.ts";

/** Connections that are being set up at a time. */
const atOnce = 16;

/** Connections a second: of queue pairs by the connection manager, and of plain sockets to `wsUrl`. Closed with the stack. */
export async function connectionProbes(
  undo: AsyncDisposableStack,
  wsUrl: string,
  { connections }: Amounts,
): Promise<ReadonlyMap<string, Probe>> {
  const secret = randomBytes(32);
  const peer = undo.use(await PeerProcess.start("connect-peer.ts", { args: [secret.toString("hex")] }));
  const device = undo.use(await openStandalone({ secret }));
  const lid = await device.dial(peer.ready.url);
  const queues = idleQueues(device);
  return new Map<string, Probe>([
    ["connect-rate", () => rate(connections, () => connectOne(device, queues, lid))],
    ["ws-connect-rate", () => rate(connections, () => openOne(wsUrl))],
  ]);
}

/** Makes so many, a few at a time, and closes them when the clock has stopped. Resolves to how many a second. */
async function rate(count: number, make: () => Promise<() => void>): Promise<number> {
  const closes: (() => void)[] = [];
  const start = performance.now();
  let begun = 0;
  const line = async () => {
    for (; begun < count; ) {
      begun++;
      closes.push(await make());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, line));
  const ms = performance.now() - start;
  for (const close of closes) close();
  return (count * 1000) / ms;
}

async function connectOne(device: Context, queues: IdleQueues, lid: number): Promise<() => void> {
  const connection = await device.cm.connect({ lid, port: connectPort }, idleQp(queues));
  return () => void connection.disconnect().then(() => connection.qp.destroy());
}

async function openOne(url: string): Promise<() => void> {
  const ws = new WebSocket(`${url}/echo/0`, wsOptions);
  await once(ws, "open");
  return () => ws.terminate();
}
