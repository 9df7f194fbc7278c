import { eventually, type SmallLab, secret, smallLab } from "@nomad/daemon/testing";
import { expect, test } from "vitest";
import { connectToGuest } from "../connect.ts";
import { makeSide, type Side } from "../testing/index.ts";
import { openDevice } from "./index.ts";

// A program at a port of its own, and a guest of image `pair` (see guest/programs/pair), which sends it all that it can.

const PSN = 7;
/** Of the largest message, with its header. */
const messageBytes = 2 * 1024 * 1024;

async function post(lab: SmallLab, path: string, body: object): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  return (await lab.request(path, { method: "POST", headers, body: JSON.stringify(body) })).json();
}

/** Connects as the guest's peer; answers what the guest has published of itself. */
async function meet({ context, qp, mr }: Side, own: string, guest: string): Promise<number[]> {
  const { names, lid } = context;
  const area = [mr.address, mr.rkey];
  await names.publish(`pair/${own}`, [lid, qp.qpn, PSN, 1, ...area, ...area, ...area].join(" "));
  const read = () => names.lookup(`pair/${guest}`);
  const theirs = ((await eventually(read, (text) => text !== null)) ?? "").split(" ").map(Number);
  const [vlid = 0, vqpn = 0, psn = 0] = theirs;
  await connectToGuest(qp, { vlid, vqpn, psn }, PSN);
  await names.publish(`pair/${own}/connected`, "yes");
  return theirs;
}

/** So many of the guest's messages. */
async function receive({ qp, cq, mr }: Side, count: number): Promise<void> {
  for (let i = 0; i < count; i++) qp.postRecv({ sgList: [mr.sge(messageBytes, messageBytes)] });
  for (let got = 0; got < count; ) {
    await cq.wait();
    for (const wc of cq.poll()) {
      expect(wc).toMatchObject({ status: "WC_SUCCESS", opcode: "WC_RECV", qpNum: qp.qpn });
      got++;
    }
  }
}

test("rule 20: a program is connected to a guest that moves, and goes on under the names that it knows", async () => {
  await using lab = await smallLab(2);
  await using port = await openDevice({ lab: lab.central.url, secret, name: "port-a" });
  const side = makeSide(port, { bufferBytes: 2 * messageBytes });
  const boot = { name: "alice", image: "pair", host: "host-a", arguments: { name: "alice", peer: "port-a" } };
  await post(lab, "/v1/guests", boot);
  const [, , , , , , sourceAddress = 0, sourceKey = 0] = await meet(side, "port-a", "alice");
  await receive(side, 5);
  const { number } = side.qp;
  const moved = await post(lab, "/v1/moves?wait=true", { guest: "alice", to: "host-b" });
  expect(moved).toMatchObject({ move: { outcome: "released", to: "host-b", forsaken: [] } });
  expect(side.qp.number).not.toBe(number);
  await receive(side, 5);
  const remote = { remoteAddress: sourceAddress, rkey: sourceKey };
  side.qp.postSend({ opcode: "WR_RDMA_READ", sgList: [side.mr.sge(0, 64)], ...remote });
  await side.cq.wait();
  expect(side.cq.poll()).toMatchObject([{ status: "WC_SUCCESS", opcode: "WC_RDMA_READ" }]);
});
