import { GRH_BYTES } from "@nomad/abi";
import { expect, test } from "vitest";
import { type Context, multicastGroup, readyUd } from "./index.ts";
import { makeSide, TestFabric } from "./testing/index.ts";

const qkey = 0x1234;

function datagramSides(ports: number) {
  const fabric = new TestFabric(ports);
  const sides = fabric.contexts.map((context) => {
    const side = makeSide(context, { type: "UD" });
    readyUd(side.qp, qkey);
    for (let i = 0; i < 4; i++) side.qp.postRecv({ wrId: i, sgList: [side.mr.sge(1024 * (i + 1), 1024)] });
    return side;
  });
  return { fabric, sides };
}

type Sides = ReturnType<typeof datagramSides>["sides"];
const pair = (sides: Sides) => sides as [Sides[0], Sides[0]];

test("a datagram arrives behind a global route header, with its sender's address", async () => {
  const { fabric, sides } = datagramSides(2);
  const [a, b] = pair(sides);
  using ah = a.pd.createAh({ dlid: b.context.lid });
  const ud = { ah, remoteQpn: b.qp.qpn, remoteQkey: qkey };
  a.qp.postSend({ opcode: "WR_SEND_WITH_IMM", inline: Buffer.from("ahoy"), immediate: 3, ud });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([
    {
      wrId: 0,
      opcode: "WC_RECV",
      byteLen: GRH_BYTES + 4,
      grh: true,
      immediate: 3,
      srcQp: a.qp.qpn,
      slid: a.context.lid,
    },
  ]);
  expect(b.buffer.bytes.toString("utf8", 1024 + GRH_BYTES, 1024 + GRH_BYTES + 4)).toBe("ahoy");
});

test("a datagram with another Q_Key is dropped and counted", async () => {
  const { fabric, sides } = datagramSides(2);
  const [a, b] = pair(sides);
  const ah = a.pd.createAh({ dlid: b.context.lid });
  a.qp.postSend({ opcode: "WR_SEND", ud: { ah, remoteQpn: b.qp.qpn, remoteQkey: qkey + 1 } });
  a.qp.postSend({ wrId: 2, opcode: "WR_SEND", ud: { ah, remoteQpn: b.qp.qpn, remoteQkey: qkey } });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toHaveLength(1);
  expect(b.context.queryPort().qkeyViolCntr).toBe(1);
});

test("an address handle that is in use keeps its domain, and a destroyed one sends nothing", async () => {
  const { fabric, sides } = datagramSides(2);
  const [a, b] = pair(sides);
  const ah = a.pd.createAh({ dlid: b.context.lid });
  ah.destroy();
  ah.destroy();
  a.qp.postSend({ opcode: "WR_SEND", ud: { ah, remoteQpn: b.qp.qpn, remoteQkey: qkey } });
  await fabric.until(a.cq.wait());
  expect(a.cq.poll()[0]?.status).not.toBe("WC_SUCCESS");
});

test("a member of a group on one's own port is sent to, and a queue pair in a group is not destroyed", async () => {
  const { fabric, sides } = datagramSides(1);
  const [a] = pair(sides);
  const group = multicastGroup(0xc001);
  const other = makeSide(a.context as Context, { type: "UD" });
  readyUd(other.qp, qkey);
  other.qp.postRecv({ wrId: 9, sgList: [other.mr.sge(0, 1024)] });
  other.qp.attachMcast(group);
  const ah = a.pd.createAh({ dlid: group.mlid, grh: { dgid: group.mgid } });
  a.qp.postSend({ opcode: "WR_SEND", ud: { ah, remoteQpn: 0xffffff, remoteQkey: qkey } });
  await fabric.until(other.cq.wait());
  expect(other.cq.poll()).toMatchObject([{ wrId: 9, status: "WC_SUCCESS" }]);
  expect(() => other.qp.destroy()).toThrowError(expect.objectContaining({ code: "E_BUSY" }));
  other.qp.detachMcast(group);
  other.qp.destroy();
});

test("every member of a group takes what is sent to it, at other ports and at the sender's", async () => {
  const { fabric, sides } = datagramSides(3);
  const [a, b, c] = sides as [Sides[0], Sides[0], Sides[0]];
  const group = multicastGroup(0xc001);
  for (const { qp } of [a, b]) qp.attachMcast(group);
  const ah = b.pd.createAh({ dlid: group.mlid, grh: { dgid: group.mgid } });
  await fabric.until(new Promise<void>((resolve) => fabric.clock.after(1, resolve)));
  b.qp.postSend({
    wrId: 50,
    opcode: "WR_SEND",
    inline: Buffer.from("all"),
    ud: { ah, remoteQpn: 0xffffff, remoteQkey: qkey },
  });
  await fabric.until(a.cq.wait());
  expect(a.cq.poll()).toMatchObject([{ wrId: 0, srcQp: b.qp.qpn, slid: b.context.lid }]);
  expect(b.cq.poll().filter((wc) => wc.opcode === "WC_RECV")).toHaveLength(1);
  expect(c.cq.poll()).toEqual([]);
});

test("a LID that is no group's has no multicast group", () => {
  expect(() => multicastGroup(0xbfff)).toThrowError(expect.objectContaining({ code: "E_VERB" }));
});
