import { expect, test } from "vitest";
import { connectQp } from "../index.ts";
import { connectSides, makeSide } from "../testing/index.ts";
import { openStandalone, type StandaloneOptions } from "./index.ts";

const secret = new TextEncoder().encode("a secret of the tests, long enough");
const listen = { host: "127.0.0.1", port: 0 };
const open = (options: Partial<StandaloneOptions> = {}) => openStandalone({ secret, ...options });

test("a message goes from one process's port to another over a socket", async () => {
  await using server = await open({ listen });
  await using client = await open();
  expect(await client.dial(server.url ?? "")).toBe(server.lid);
  const [a, b] = [makeSide(client), makeSide(server)];
  connectSides(a, b);
  b.qp.postRecv({ wrId: 1, sgList: [b.mr.sge(0, 100)] });
  a.qp.postSend({ opcode: "WR_SEND", inline: Buffer.from("over the wire") });
  await b.cq.wait();
  expect(b.cq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS", byteLen: 13 }]);
  expect(b.buffer.bytes.toString("utf8", 0, 13)).toBe("over the wire");
});

test("a megabyte written arrives whole", async () => {
  await using server = await open({ listen });
  await using client = await open();
  await client.dial(server.url ?? "");
  const bufferBytes = 1 << 20;
  const [a, b] = [makeSide(client, { bufferBytes }), makeSide(server, { bufferBytes })];
  connectSides(a, b);
  for (let i = 0; i < bufferBytes; i++) a.buffer.bytes.writeUInt8((i * 31 + (i >> 8)) & 0xff, i);
  const remote = { remoteAddress: b.mr.address, rkey: b.mr.rkey };
  a.qp.postSend({ opcode: "WR_RDMA_WRITE", sgList: [a.mr.sge()], ...remote });
  await a.cq.wait();
  expect(a.cq.poll()).toMatchObject([{ status: "WC_SUCCESS" }]);
  expect(b.buffer.bytes.equals(a.buffer.bytes)).toBe(true);
});

test("another secret, another ICRC setting and a LID that is taken are refused with a reason", async () => {
  await using server = await open({ listen, lid: 5, name: "server" });
  const url = server.url ?? "";
  await using stranger = await open({ secret: new TextEncoder().encode("some other secret, long enough") });
  await expect(stranger.dial(url)).rejects.toMatchObject({ code: "E_AUTH" });
  await using without = await open({ icrc: false });
  await expect(without.dial(url)).rejects.toMatchObject({ code: "E_CONFIG", message: expect.stringMatching(/ICRC/) });
  await using same = await open({ lid: 5 });
  await expect(same.dial(url)).rejects.toMatchObject({ code: "E_CONFIG", message: expect.stringMatching(/LID 5/) });
});

test("a port that nobody listens at cannot be reached, and an address that is taken cannot be listened at", async () => {
  await using server = await open({ listen });
  const port = Number(new URL(server.url ?? "").port);
  await expect(open({ listen: { ...listen, port } })).rejects.toMatchObject({ code: "E_CONFIG" });
  await server.shutdown();
  await using client = await open();
  await expect(client.dial(`ws://127.0.0.1:${port}`)).rejects.toMatchObject({ code: "E_UNREACHABLE" });
});

test("a send to a port that was shut down ends with RETRY_EXC_ERR", async () => {
  await using server = await open({ listen });
  await using client = await open();
  await client.dial(server.url ?? "");
  const [a, b] = [makeSide(client), makeSide(server)];
  connectSides(a, b);
  a.qp.modify({ state: "ERR" });
  const quick = a.pd.createQp({ sendCq: a.cq, recvCq: a.cq });

  connectQp(quick, { lid: server.lid, qpn: b.qp.qpn, psn: 0 }, 0, { timeout: 8, retryCnt: 1 });
  await server.shutdown();
  quick.postSend({ wrId: 9, opcode: "WR_SEND" });
  await a.cq.wait();
  expect(a.cq.poll()).toMatchObject([{ wrId: 9, status: "WC_RETRY_EXC_ERR" }]);
});
