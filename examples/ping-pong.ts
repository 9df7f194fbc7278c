// How long a message takes there and back: a reliable connection between two processes.
import { access, type CompletionQueue, type Context, type MemoryRegion, type QueuePair } from "@nomad/verbs";
import { argumentsOf, openPlace } from "./place.ts";

const port = 1;
const options = argumentsOf("node examples/ping-pong.ts [--count N] [--bytes N] [--listen PORT | --connect URL]", {
  count: { type: "string", default: "10000" },
  bytes: { type: "string", default: "64" },
});
const count = Number(options.count);
const bytes = Number(options.bytes);

interface End {
  readonly cq: CompletionQueue;
  readonly qp: QueuePair;
  readonly mr: MemoryRegion;
}

/** A queue pair, a buffer for one message, and a receive that waits for it. */
function makeEnd(context: Context): End {
  const pd = context.allocPd();
  const cq = context.createCq({ entries: 16 });
  const qp = pd.createQp({ sendCq: cq, recvCq: cq });
  const mr = pd.regMr(context.alloc(bytes), access.LOCAL_WRITE);
  qp.postRecv({ sgList: [mr.sge()] });
  return { cq, qp, mr };
}

/** Sends the message, and takes the next that comes. */
async function pingPong({ cq, qp, mr }: End, first: "send" | "receive"): Promise<void> {
  if (first === "send") qp.postSend({ opcode: "WR_SEND", sgList: [mr.sge()] });
  for await (const wc of cq) {
    if (wc.status !== "WC_SUCCESS") throw new Error(`a work request ended with ${wc.status}`);
    if (wc.opcode !== "WC_RECV") continue;
    qp.postRecv({ sgList: [mr.sge()] });
    if (first === "send") return;
    qp.postSend({ opcode: "WR_SEND", sgList: [mr.sge()] });
  }
}

const { device, peer } = await openPlace(options);
await using _device = device;
const end = makeEnd(device);

if (peer === null) {
  const request = await device.cm.listen(port).next();
  const connection = await request?.accept(end.qp);
  await Promise.race([pingPong(end, "receive").catch(() => {}), connection?.disconnected]);
} else {
  const connection = await device.cm.connect({ lid: peer, port }, end.qp);
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await pingPong(end, "send");
    times.push((performance.now() - start) * 1000);
  }
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * (times.length - 1))]?.toFixed(1);
  console.log(
    `${count} round trips of ${bytes} bytes: median ${at(0.5)} us, 99th percentile ${at(0.99)} us, best ${at(0)} us`,
  );
  await connection.disconnect();
}
