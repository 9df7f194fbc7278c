import { PORT_ACTIVE } from "@nomad/abi";
import { eventually, secret, smallLab } from "@nomad/daemon/testing";
import { gidText } from "@nomad/iba";
import { expect, test } from "vitest";
import { makeSide } from "../testing/index.ts";
import { openDevice } from "./index.ts";

test("ports that join a lab get LIDs from central, find each other, and connect", async () => {
  await using lab = await smallLab(0);
  await using a = await openDevice({ lab: lab.central.url, secret, name: "port-a" });
  await using b = await openDevice({ lab: lab.central.url, secret, name: "port-b" });
  expect(new Set([a.lid, b.lid]).size).toBe(2);
  const [client, server] = [makeSide(a), makeSide(b)];
  const accepted = b.cm
    .listen(80)
    .next()
    .then((request) => request?.accept(server.qp));
  const connection = await a.cm.connect({ lid: b.lid, port: 80 }, client.qp);
  await accepted;
  server.qp.postRecv({ wrId: 1, sgList: [server.mr.sge(0, 64)] });
  client.qp.postSend({ opcode: "WR_SEND", inline: Buffer.from("in the lab") });
  await server.cq.wait();
  expect(server.cq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS", byteLen: 10 }]);
  await connection.disconnect();
  await expect(a.dial("ws://127.0.0.1:1")).rejects.toMatchObject({ code: "E_STATE" });
});

test("another secret does not join", async () => {
  await using lab = await smallLab(0);
  const wrong = new TextEncoder().encode("some other secret, long enough");
  await expect(openDevice({ lab: lab.central.url, secret: wrong })).rejects.toMatchObject({ code: "E_AUTH" });
});

test("the lab shows the port, and does not run guests there", async () => {
  await using lab = await smallLab(1);
  await using port = await openDevice({ lab: lab.central.url, secret, name: "port-a" });
  const { hosts } = await lab.status();
  expect(hosts.map((host) => host.name)).toContain(port.name);
  const body = JSON.stringify({ name: "alice", image: "pair", host: "port-a", arguments: {} });
  const headers = { "content-type": "application/json" };
  const answer = await lab.request("/v1/guests", { method: "POST", body, headers });
  expect(await answer.json()).toMatchObject({ error: { code: "E_STATE", message: expect.stringMatching(/port-a/) } });
});

test("the lab's subnet manager sets a port's tables, and answers for paths by LID and by identifier", async () => {
  await using lab = await smallLab(0, "default=0x7fff:ALL", "blue=0x8001:port-a,port-b");
  await using a = await openDevice({ lab: lab.central.url, secret, name: "port-a" });
  await using b = await openDevice({ lab: lab.central.url, secret, name: "port-b" });
  expect(a.queryPort()).toMatchObject({ state: PORT_ACTIVE, pkeyTblLen: 2, gidTblLen: 2 });
  expect([a.queryPkey(0), a.queryPkey(1)]).toEqual([0x7fff, 0x8001]);
  const path = await a.queryPath({ dgid: b.queryGid(1) });
  expect(path).toMatchObject({ slid: a.lid, dlid: b.lid, pkey: 0x8001 });
  await expect(a.queryPath({ dlid: 99 })).rejects.toMatchObject({ code: "E_UNREACHABLE" });
});

test("status shows a port as its host says that it is", async () => {
  await using lab = await smallLab(0, "blue=1:port-a");
  await using port = await openDevice({ lab: lab.central.url, secret, name: "port-a" });
  const shown = () => lab.status().then(({ hosts }) => hosts[0]?.port);
  const active = await eventually(shown, (it) => it?.state === "ACTIVE");
  expect(active).toMatchObject({ pkeys: ["0xffff", "0x0001"], gids: [expect.anything(), gidText(port.queryGid(1))] });
});
