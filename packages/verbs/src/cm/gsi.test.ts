import { expect, test } from "vitest";
import type { Context } from "../context.ts";
import { makeSide, TestFabric } from "../testing/index.ts";

test("two ports connect over their QP1, talk, and part", async () => {
  using fabric = new TestFabric(2);
  const [a, b] = fabric.contexts as [Context, Context];
  const [client, server] = [makeSide(a), makeSide(b)];
  const request = b.cm.listen(80).next();
  const connecting = a.cm.connect({ lid: b.lid, port: 80 }, client.qp, { privateData: Buffer.from("hi") });
  const got = await fabric.until(request);
  expect(Buffer.from(got?.privateData ?? []).toString("utf8", 0, 2)).toBe("hi");
  expect(got?.lid).toBe(a.lid);
  server.qp.postRecv({ wrId: 1 });
  const accepting = got?.accept(server.qp);
  const connection = await fabric.until(connecting);
  client.qp.postSend({ opcode: "WR_SEND" });
  await fabric.until(server.cq.wait());
  expect(server.cq.poll()).toMatchObject([{ wrId: 1, status: "WC_SUCCESS" }]);
  const other = await fabric.until(accepting ?? Promise.reject());
  await fabric.until(Promise.all([connection.disconnect(), other.disconnected]));
});

test("a port that is cut off does not answer, and one without a manager neither", async () => {
  using fabric = new TestFabric(3);
  const [a, b, c] = fabric.contexts as [Context, Context, Context];
  const client = makeSide(a);
  b.cm.listen(80);
  await fabric.until(new Promise<void>((resolve) => fabric.clock.after(1, resolve)));
  fabric.link(a, b).cut();
  for (const { lid } of [b, c]) {
    await expect(fabric.until(a.cm.connect({ lid, port: 80 }, client.qp))).rejects.toMatchObject({
      code: "E_UNREACHABLE",
    });
  }
});

test("closing a context ends its listeners and attempts", async () => {
  using fabric = new TestFabric(1);
  const [a] = fabric.contexts as [Context];
  const request = a.cm.listen(80).next();
  const connecting = a.cm.connect({ lid: 9, port: 80 }, makeSide(a).qp);
  a.close();
  expect(await request).toBeNull();
  await expect(connecting).rejects.toMatchObject({ code: "E_STATE" });
});

test("a port has one QP1", () => {
  using fabric = new TestFabric(1);
  const [a] = fabric.contexts as [Context];
  expect(a.cm).toBe(a.cm);
  expect(() => a.hca.reserveGsi()).toThrowError(expect.objectContaining({ code: "E_BUSY" }));
});
