import { parentPort } from "node:worker_threads";
import { connectQp } from "@nomad/verbs";
import { makeSide, TestFabric } from "@nomad/verbs/testing";

// The whole of a thread: opens a device, sends itself a message, and tells what came of it.

using fabric = new TestFabric(1);
const [context] = fabric.contexts;
if (context === undefined) throw new Error("the fabric has one port");
const { qp, cq } = makeSide(context);
connectQp(qp, { lid: context.lid, qpn: qp.qpn, psn: 1 }, 1);
qp.postRecv({});
qp.postSend({ opcode: "WR_SEND" });
const statuses: string[] = [];
while (statuses.length < 2) {
  await fabric.until(cq.wait());
  statuses.push(...cq.poll().map((wc) => wc.status));
}
parentPort?.postMessage(statuses);
