// A counter in one process's memory that several others raise by FETCH AND ADD: its owner does nothing for it.
import { access } from "@nomad/verbs";
import { argumentsOf, openPlace } from "./place.ts";

const port = 2;
const options = argumentsOf(
  "node examples/one-sided-counter.ts [--adders N] [--add N] [--listen PORT | --connect URL]",
  {
    adders: { type: "string", default: "2" },
    add: { type: "string", default: "1000" },
  },
);

const { device, peer } = await openPlace(options);
await using _device = device;
const pd = device.allocPd();
const cq = device.createCq({ entries: 64 });
const buffer = device.alloc(8);
const mr = pd.regMr(buffer, access.LOCAL_WRITE | access.REMOTE_ATOMIC);

if (peer === null) {
  // Where the counter is, and the key to it, is said to each that connects.
  const where = Buffer.alloc(12);
  where.writeBigUInt64BE(BigInt(mr.address), 0);
  where.writeUInt32BE(mr.rkey, 8);
  const gone: Promise<void>[] = [];
  for await (const request of device.cm.listen(port)) {
    const connection = await request.accept(pd.createQp({ sendCq: cq, recvCq: cq }), { privateData: where });
    gone.push(connection.disconnected);
    if (gone.length === Number(options.adders)) break;
  }
  await Promise.all(gone);
  console.log(`the counter stands at ${buffer.view.getBigUint64(0, true)}`);
} else {
  const qp = pd.createQp({ sendCq: cq, recvCq: cq });
  const connection = await device.cm.connect({ lid: peer, port }, qp);
  const where = Buffer.from(connection.privateData);
  const remote = { remoteAddress: Number(where.readBigUInt64BE(0)), rkey: where.readUInt32BE(8) };
  for (let i = 0; i < Number(options.add); i++) {
    qp.postSend({ opcode: "WR_ATOMIC_FETCH_AND_ADD", sgList: [mr.sge()], add: 1n, ...remote });
    await cq.wait();
    const [wc] = cq.poll(1);
    if (wc?.status !== "WC_SUCCESS") throw new Error(`the work request ended with ${wc?.status}`);
  }
  // What was there before the last one was added.
  console.log(`added ${options.add}; the counter stood at ${buffer.view.getBigUint64(0, true) + 1n} then`);
  await connection.disconnect();
}
