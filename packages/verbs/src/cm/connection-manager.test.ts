import { Random } from "@nomad/base";
import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { makeSide, TestFabric } from "../testing/index.ts";
import { ConnectionManager } from "./connection-manager.ts";
import { type Kind, rejectReasons } from "./layout.ts";
import { decodeMessage, encodeMessage } from "./message.ts";

type Fate = (kind: Kind, nth: number, from: number) => "pass" | "drop" | "double";

/** Two contexts with a connection manager each; `fate` decides about each datagram, the nth of its kind and sender. */
function world(fate: Fate = () => "pass") {
  const fabric = new TestFabric(2);
  const sent: Kind[] = [];
  const counts = new Map<string, number>();
  const managers = new Map<number, ConnectionManager>();
  for (const { lid, port, hca } of fabric.contexts) {
    const { subnet } = port;
    const pkeyIndex = (pkey: number) => hca.pkeyIndex(pkey);
    const send = (to: number, mad: Uint8Array) => {
      const kind = decodeMessage(mad)?.kind as Kind;
      sent.push(kind);
      const key = `${kind} ${lid}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
      const judged = fate(kind, counts.get(key) ?? 0, lid);
      const deliver = () => managers.get(to)?.receive(lid, mad);
      if (judged !== "drop") fabric.clock.after(0.1, deliver);
      if (judged === "double") fabric.clock.after(30, deliver);
    };
    managers.set(
      lid,
      new ConnectionManager({ lid, clock: fabric.clock, random: new Random(lid), send, subnet, pkeyIndex }),
    );
  }
  const [a, b] = fabric.contexts as [Context, Context];
  const [cmA, cmB] = [managers.get(1), managers.get(2)] as [ConnectionManager, ConnectionManager];
  return { fabric, sent, a: makeSide(a), b: makeSide(b), cmA, cmB };
}

type World = ReturnType<typeof world>;

/** Connects a to port 7 of b, where everybody is accepted. */
async function establish({ fabric, a, b, cmA, cmB }: World) {
  const listener = cmB.listen(7);
  const accepted = listener.next().then((request) => request?.accept(b.qp, { privateData: Buffer.from("welcome") }));
  const connected = cmA.connect({ lid: 2, port: 7 }, a.qp, { privateData: Buffer.from("hello") });
  const ends = await fabric.until(Promise.all([connected, accepted]));
  const [client, server] = ends;
  if (server === undefined) throw new Error("a request comes");
  return { client, server, listener };
}

async function talks({ fabric, a, b }: World) {
  b.qp.postRecv({ wrId: 1 });
  a.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(b.cq.wait());
  expect(b.cq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS" }]);
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString().replace(/\0*$/, "");

test("a request that is accepted connects both queue pairs, and private data goes both ways", async () => {
  const w = world();
  const { client, server } = await establish(w);
  expect(text(server.privateData)).toBe("hello");
  expect(server.privateData).toHaveLength(56);
  expect(text(client.privateData)).toBe("welcome");
  expect(client.privateData).toHaveLength(196);
  expect(w.sent).toEqual(["REQ", "REP", "RTU"]);
  await talks(w);
});

test.each(["REQ", "REP", "RTU"] as const)("a %s that is lost is sent again", async (lost) => {
  const w = world((kind, nth) => (kind === lost && nth === 1 ? "drop" : "pass"));
  await establish(w);
  expect(w.sent.filter((kind) => kind === lost).length).toBeGreaterThan(1);
  await talks(w);
});

test.each(["REQ", "REP", "RTU"] as const)("a %s that comes twice makes one connection", async (doubled) => {
  const w = world((kind) => (kind === doubled ? "double" : "pass"));
  const { listener } = await establish(w);
  await talks(w);
  await w.fabric.until(new Promise<void>((resolve) => w.fabric.clock.after(100, resolve)));
  expect(listener.poll()).toBeNull();
  await talks(w);
});

test("a request that is rejected fails with the reason and the private data", async () => {
  const { fabric, a, cmA, cmB } = world();
  void cmB
    .listen(7)
    .next()
    .then((request) => request?.reject(Buffer.from("full")));
  const error = await fabric.until(cmA.connect({ lid: 2, port: 7 }, a.qp).catch((cause: unknown) => cause));
  expect(error).toMatchObject({ code: "E_REJECTED", reason: rejectReasons.consumer });
  expect(text((error as { privateData: Uint8Array }).privateData)).toBe("full");
  expect(a.qp.query().state).toBe("RESET");
});

test("a port that nobody listens to rejects", async () => {
  const { fabric, a, cmA } = world();
  await expect(fabric.until(cmA.connect({ lid: 2, port: 9 }, a.qp))).rejects.toMatchObject({
    code: "E_REJECTED",
    reason: rejectReasons.invalidServiceId,
  });
});

test("where nobody answers it is given up", async () => {
  const { fabric, a, cmA, sent } = world(() => "drop");
  await expect(fabric.until(cmA.connect({ lid: 2, port: 7 }, a.qp))).rejects.toMatchObject({ code: "E_UNREACHABLE" });
  expect(sent).toHaveLength(8);
});

test("an accepted end that never hears that the other is ready fails", async () => {
  const w = world((kind, _nth, from) => (kind === "REQ" || from === 2 ? "pass" : "drop"));
  const request = w.cmB.listen(7).next();
  const connected = w.cmA.connect({ lid: 2, port: 7 }, w.a.qp);
  const got = await w.fabric.until(request);
  await expect(w.fabric.until(got?.accept(w.b.qp) ?? Promise.reject())).rejects.toMatchObject({ code: "E_TIMEOUT" });
  expect(w.b.qp.query().state).toBe("ERR");
  await connected;
});

test.each([
  ["nothing is lost", () => "pass"],
  ["the DREQ is lost once", (kind, nth) => (kind === "DREQ" && nth === 1 ? "drop" : "pass")],
  ["the DREP is lost once", (kind, nth) => (kind === "DREP" && nth === 1 ? "drop" : "pass")],
] as [string, Fate][])("a disconnect ends both ends and flushes what is posted when %s", async (_what, fate) => {
  const w = world(fate);
  const { client, server } = await establish(w);
  w.b.qp.postRecv({ wrId: 5 });
  await w.fabric.until(Promise.all([client.disconnect(), server.disconnected]));
  expect([w.a.qp.query().state, w.b.qp.query().state]).toEqual(["ERR", "ERR"]);
  await w.fabric.until(w.b.cq.wait());
  expect(w.b.cq.poll()).toMatchObject([{ wrId: 5, status: "WC_WR_FLUSH_ERR" }]);
});

test("both ends may disconnect at once", async () => {
  const w = world();
  const { client, server } = await establish(w);
  await w.fabric.until(Promise.all([client.disconnect(), server.disconnect()]));
});

test("an end that does not answer a disconnect is gone", async () => {
  const w = world((kind) => (kind === "DREQ" ? "drop" : "pass"));
  const { client } = await establish(w);
  await w.fabric.until(client.disconnect());
});

test("too much private data is refused, and so is a second answer", async () => {
  const { fabric, a, b, cmA, cmB } = world();
  const wrong = expect.objectContaining({ code: "E_VERB" });
  await expect(cmA.connect({ lid: 2, port: 7 }, a.qp, { privateData: Buffer.alloc(57) })).rejects.toThrowError(wrong);
  const listener = cmB.listen(7);
  void cmA.connect({ lid: 2, port: 7 }, a.qp).catch(() => {});
  const request = await fabric.until(listener.next());
  expect(() => request?.accept(b.qp, { privateData: Buffer.alloc(197) })).toThrowError(wrong);
  request?.reject();
  expect(() => request?.reject()).toThrowError(expect.objectContaining({ code: "E_STATE" }));
});

test("a port is listened to once at a time", () => {
  const { cmB } = world();
  const listener = cmB.listen(7);
  expect(() => cmB.listen(7)).toThrowError(expect.objectContaining({ code: "E_BUSY" }));
  listener.close();
  cmB.listen(7);
});

test("whoever waits is told when the manager is closed", async () => {
  const { a, cmA, cmB } = world();
  const connecting = cmA.connect({ lid: 2, port: 7 }, a.qp);
  const request = cmB.listen(7).next();
  cmA.close();
  cmB.close();
  await expect(connecting).rejects.toMatchObject({ code: "E_STATE" });
  expect(await request).toBeNull();
});

test("a third port has no say in a connection", async () => {
  const w = world();
  const { client, server } = await establish(w);
  const dreq = encodeMessage("DREQ", { localId: client.localId, remoteId: server.localId });
  w.cmB.receive(3, dreq);
  expect(w.b.qp.query().state).toBe("RTS");
  w.cmB.receive(1, dreq);
  await w.fabric.until(server.disconnected);
});

test("garbage is ignored", () => {
  const { cmA } = world();
  const random = new Random(1);
  for (let i = 0; i < 500; i++) {
    const mad = Buffer.from(Array.from({ length: i % 5 === 0 ? 255 : 256 }, () => random.uint32() & 0xff));
    if (i % 2 === 0) mad.set([1, 7, 2, 3]);
    if (i % 4 === 0) mad.writeUInt16BE(0x10 + (i % 7), 16);
    cmA.receive(2, mad);
  }
});
