import type { Lid } from "@nomad/base";
import { gidOf } from "@nomad/iba";
import { expect, test } from "vitest";
import type { Context } from "./context.ts";
import { makeSide, TestFabric } from "./testing/index.ts";

const unreachable = { code: "E_UNREACHABLE" };

function twoPorts() {
  const fabric = new TestFabric(2);
  const [a, b] = fabric.contexts as [Context, Context];
  return { fabric, a, b };
}

test("where nobody manages the subnet, a LID and a port's first identifier say the same path", async () => {
  const { a } = twoPorts();
  const path = await a.queryPath({ dlid: 2 });
  expect(path).toMatchObject({ slid: 1, dlid: 2, pkey: 0xffff, sgid: a.queryGid(0), dgid: gidOf(2 as Lid) });
  expect(await a.queryPath({ dgid: gidOf(2 as Lid) })).toEqual(path);
  for (const query of [{}, { dlid: 0 }, { dlid: 0xc000 }, { dgid: new Uint8Array(16) }]) {
    await expect(a.queryPath(query)).rejects.toMatchObject(unreachable);
  }
});

test("a path lies in a partition of the own port", async () => {
  const { a } = twoPorts();
  a.hca.setPkeys([0, 0x0007, 0x8008]);
  expect((await a.queryPath({ dlid: 2 })).pkey).toBe(0x0007);
  expect((await a.queryPath({ dlid: 2, pkey: 0x0008 })).pkey).toBe(0x8008);
  await expect(a.queryPath({ dlid: 2, pkey: 0x8009 })).rejects.toMatchObject(unreachable);
});

test("a connection lies in the path's partition at both ends, wherever that stands in their tables", async () => {
  const { fabric, a, b } = twoPorts();
  const blue = 0x8001;
  a.hca.setPkeys([0xffff, 0x8002, blue]);
  b.hca.setPkeys([0xffff, blue]);
  const path = await a.queryPath({ dlid: 2 });
  const subnet = { queryPath: async () => ({ ...path, pkey: blue, mtu: 3 }) };
  Object.assign(a.port, { subnet });
  const [client, server] = [makeSide(a), makeSide(b)];
  const accepted = b.cm
    .listen(1)
    .next()
    .then((request) => request?.accept(server.qp));
  const connected = a.cm.connect({ gid: b.queryGid(0), port: 1 }, client.qp);
  await fabric.until(Promise.all([accepted, connected]));
  expect(client.qp.query()).toMatchObject({ pkeyIndex: 2, pathMtu: 1024, timeout: 17 });
  expect(server.qp.query()).toMatchObject({ pkeyIndex: 1, pathMtu: 1024, timeout: 17 });
});
