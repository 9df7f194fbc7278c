import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { FetchTransport } from "./fetch-transport.ts";

let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function transportTo(listener: RequestListener): Promise<FetchTransport> {
  server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return new FetchTransport(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

const get = { method: "GET", path: "/v1/status", timeoutMs: 10_000 };
const withCode = (code: string) => expect.objectContaining({ code });

test("an answer has its status, its headers, and its bytes as they come", async () => {
  const transport = await transportTo((_request, response) =>
    response.writeHead(404, { "nomad-capture": "7" }).end("no"),
  );
  const answer = await transport.send(get);
  expect([answer.status, answer.header("nomad-capture"), answer.header("other")]).toEqual([404, "7", null]);
  const chunks = [];
  for await (const chunk of answer.chunks) chunks.push(...chunk);
  expect(Buffer.from(chunks).toString()).toBe("no");
});

test("a server that never answers is given up after the time-out", async () => {
  const transport = await transportTo(() => {});
  await expect(transport.send({ ...get, timeoutMs: 20 })).rejects.toThrow(withCode("E_TIMEOUT"));
});

test("a request that is called off fails with the reason for that", async () => {
  const leave = new AbortController();
  const transport = await transportTo(() => leave.abort(new Error("enough")));
  await expect(transport.send({ ...get, signal: leave.signal })).rejects.toThrow("enough");
});

test("a connection that breaks says so; one that we have closed just ends", async () => {
  const transport = await transportTo((request, response) => {
    response.write("{", () => request.url === "/breaks" && response.destroy());
  });
  const read = async (path: string, leave: boolean) => {
    const answer = await transport.send({ ...get, path });
    for await (const _chunk of answer.chunks) if (leave) answer.close();
  };
  await expect(read("/breaks", false)).rejects.toThrow(withCode("E_UNREACHABLE"));
  await expect(read("/stays", true)).resolves.toBeUndefined();
});
