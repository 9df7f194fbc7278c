import { randomUUID } from "node:crypto";
import { Random } from "@nomad/base";
import { protocolVersion } from "@nomad/protocol";
import { type AuthenticatedSocket, connect, type Hello } from "@nomad/wire";
import { expect, test } from "vitest";
import { introduce } from "./shell/hello.ts";
import { eventually, type SmallLab, secret, smallLab } from "./testing/small-lab.ts";

const timeoutMs = 2000;

function hello(kind: Hello["kind"], name: string): Hello {
  return { ...introduce("host", name, randomUUID(), { lid: 9, icrc: true }), kind };
}

const call = (url: string, kind: Hello["kind"], name: string, own: Uint8Array = secret) =>
  connect(url.replace(/^http/, "ws"), { secret: own, hello: hello(kind, name), timeoutMs });

const closed = (socket: AuthenticatedSocket) =>
  new Promise<Error | undefined>((resolve) => {
    socket.onClose = resolve;
  });

/** The lab still does what it is for. */
async function works(lab: SmallLab): Promise<void> {
  const body = JSON.stringify({ name: "probe", image: "hello", arguments: {} });
  const answer = await lab.request("/v1/guests", { method: "POST", body });
  expect(answer.status).toBe(201);
}

test("a host that does not know the secret is refused by central and by hosts, and counted", async () => {
  await using lab = await smallLab(1);
  const wrong = new TextEncoder().encode("another secret");
  for (const [url, kind] of [
    [lab.central.url, "control"],
    [lab.hosts[0]?.url ?? "", "peer"],
    [lab.hosts[0]?.url ?? "", "wire"],
  ] as const) {
    await expect(call(url, kind, "mallory", wrong)).rejects.toMatchObject({ code: "E_AUTH" });
  }
  await eventually(lab.status, ({ hosts }) => (hosts[0]?.refused.connections ?? 0) >= 2);
  await works(lab);
});

test("a host of the version before is taken in, one that is two versions older or newer is refused", async () => {
  await using lab = await smallLab(0);
  const url = lab.central.url.replace(/^http/, "ws");
  const join = (protocol: number, protocolMin: number) =>
    connect(url, { secret, hello: { ...hello("control", "host-z"), protocol, protocolMin }, timeoutMs });
  const { current } = protocolVersion;
  expect(await join(current - 1, current - 1)).toMatchObject({ protocol: current - 1 });
  await expect(join(current - 2, current - 2)).rejects.toMatchObject({ code: "E_VERSION" });
  await expect(join(current + 2, current + 1)).rejects.toMatchObject({ code: "E_VERSION" });
});

test("whoever knows the secret is still not what it is not: a host is no central, and a tool is no host", async () => {
  await using lab = await smallLab(1);
  for (const [url, kind] of [
    [lab.central.url, "control"],
    [lab.hosts[0]?.url ?? "", "peer"],
    [lab.hosts[0]?.url ?? "", "wire"],
  ] as const) {
    for (const who of [{ role: "cli" }, { role: "central" }, { name: "central" }] as const) {
      const own = { ...hello(kind, "mallory"), ...who };
      const socket = await connect(url.replace(/^http/, "ws"), { secret, hello: own, timeoutMs });
      expect(await closed(socket)).toMatchObject({ code: "E_AUTH" });
    }
  }
  await works(lab);
});

test("a control message that is garbage ends its connection with E_MESSAGE, and nothing else", async () => {
  await using lab = await smallLab(1);
  const socket = await call(lab.central.url, "control", "mallory");
  const end = closed(socket);
  socket.send(new TextEncoder().encode("this is no message"));
  expect(await end).toMatchObject({ code: "E_MESSAGE" });
  await works(lab);
});

test("a message between hosts that is garbage ends its connection, is counted, and nothing else", async () => {
  await using lab = await smallLab(2);
  const url = lab.hosts[0]?.url ?? "";
  const socket = await call(url, "peer", "host-b");
  const end = closed(socket);
  socket.send(new Uint8Array(100).fill(0xc1));
  expect(await end).toMatchObject({ code: "E_MESSAGE" });
  await eventually(lab.status, ({ hosts }) => hosts.some(({ refused }) => refused.messages > 0));
  await works(lab);
});

test("wire frames that are garbage are counted and dropped", async () => {
  await using lab = await smallLab(2);
  // The host with the larger LID is the one that is connected to.
  const accepting = (await lab.status()).hosts.find(({ lid }) => lid === 2);
  const other = (await lab.status()).hosts.find(({ lid }) => lid === 1);
  const socket = await call(accepting?.url ?? "", "wire", other?.name ?? "");
  const random = new Random(1);
  for (let i = 0; i < 100; i++) {
    socket.send(Uint8Array.from({ length: random.between(1, 300) }, () => random.between(0, 255)));
  }
  await eventually(lab.status, ({ hosts }) => hosts.some(({ refused }) => refused.frames + refused.packets >= 100));
  socket.close();
  await works(lab);
});

test.each([
  ["a wrong token", { authorization: "Bearer 0" }, 401, "E_AUTH"],
  ["the origin of another page", { origin: "http://example.org" }, 403, "E_AUTH"],
])("an HTTP request with %s is refused", async (_what, headers, status, code) => {
  await using lab = await smallLab(0);
  const answer = await fetch(`${lab.central.url}/v1/status`, { headers: headers as Record<string, string> });
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({ error: { code } });
});

test.each([
  ["not JSON", "/v1/guests", "{", 400, "E_USAGE"],
  ["without a name", "/v1/guests", JSON.stringify({ image: "hello" }), 400, "E_USAGE"],
  ["of an image that is not there", "/v1/guests", JSON.stringify({ name: "x", image: "nothing" }), 404, "E_IMAGE"],
  ["of an image outside the images", "/v1/guests", JSON.stringify({ name: "x", image: "../hello" }), 400, "E_USAGE"],
  ["of a move of nobody", "/v1/moves", JSON.stringify({ guest: "nobody", to: "host-a" }), 404, "E_NO_GUEST"],
])("an HTTP request %s gets a clear error", async (_what, path, body, status, code) => {
  await using lab = await smallLab(1);
  const answer = await lab.request(path, { method: "POST", body });
  expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status, body: { error: { code } } });
  await works(lab);
});
