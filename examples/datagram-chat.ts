// Lines typed in one terminal appear in the other: datagrams to a multicast group.
import { createInterface } from "node:readline/promises";
import { access, multicastGroup, readyUd } from "@nomad/verbs";
import { argumentsOf, openPlace } from "./place.ts";

const grhBytes = 40;
const lineBytesMax = 1024;
const lines = 16;
const qkey = 0x43686174;
const anyQpn = 0xffffff;

const options = argumentsOf("node examples/datagram-chat.ts [--name NAME] [--listen PORT | --connect URL]", {
  name: { type: "string", default: process.env.USER ?? "somebody" },
});

const { device } = await openPlace(options);
await using _device = device;
const pd = device.allocPd();
const [sendCq, recvCq] = [device.createCq({ entries: lines }), device.createCq({ entries: lines })];
const qp = pd.createQp({ type: "UD", sendCq, recvCq, maxSendWr: lines, maxRecvWr: lines });
const slotBytes = grhBytes + lineBytesMax;
// The last slot is for the line that is sent.
const buffer = device.alloc((lines + 1) * slotBytes);
const mr = pd.regMr(buffer, access.LOCAL_WRITE);
const receive = (slot: number) => qp.postRecv({ wrId: slot, sgList: [mr.sge(slot * slotBytes, slotBytes)] });
readyUd(qp, qkey);
for (let slot = 0; slot < lines; slot++) receive(slot);

const group = multicastGroup(0xc0a7);
qp.attachMcast(group);
const ah = pd.createAh({ dlid: group.mlid, grh: { dgid: group.mgid } });
const say = async (text: string) => {
  const at = lines * slotBytes;
  const bytes = buffer.bytes.write(`${options.name}: ${text}`, at, lineBytesMax);
  const ud = { ah, remoteQpn: anyQpn, remoteQkey: qkey };
  qp.postSend({ opcode: "WR_SEND", sgList: [mr.sge(at, bytes)], ud });
  await sendCq.wait();
  sendCq.poll();
};

const listening = (async () => {
  for await (const wc of recvCq) {
    const from = wc.wrId * slotBytes;
    // A member of a group takes its own messages too.
    if (wc.slid !== device.lid) console.log(buffer.bytes.toString("utf8", from + grhBytes, from + wc.byteLen));
    receive(wc.wrId);
  }
})();

await say("is here");
for await (const text of createInterface({ input: process.stdin })) await say(text);
await say("has left");
device.close();
await listening;
