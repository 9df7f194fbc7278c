import { randomBytes } from "node:crypto";
import { connect as connectTcp } from "node:net";
import { limits, NomadError } from "@nomad/base";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Initiator, nonceBytes } from "../handshake.ts";
import type { Hello } from "../hello.ts";
import { testHello, testSecret } from "../testing/hello.ts";
import { authenticate } from "./authenticate.ts";
import type { AuthenticatedSocket } from "./authenticated-socket.ts";
import { connect } from "./connect.ts";
import { type ListenOptions, listen, type SocketServer } from "./socket-server.ts";

const disposers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposers.splice(0)) await dispose();
});

/** A server, and promises of the next socket and the next refusal. */
async function serve(options: Partial<ListenOptions> = {}) {
  const accepted = Promise.withResolvers<AuthenticatedSocket>();
  const refused = Promise.withResolvers<NomadError>();
  const server = await listen({
    host: "127.0.0.1",
    port: 0,
    secret: testSecret,
    hello: testHello({ name: "host-b" }),
    onSocket: accepted.resolve,
    onRefused: refused.resolve,
    ...options,
  });
  disposers.push(() => server.close());
  return { server, accepted: accepted.promise, refused: refused.promise };
}

function dial({ port }: SocketServer, hello: Partial<Hello> = {}, secret = testSecret): Promise<AuthenticatedSocket> {
  return connect(`ws://127.0.0.1:${port}/any/path`, { secret, hello: testHello(hello), timeoutMs: 5000 });
}

const messageOf = (socket: AuthenticatedSocket) =>
  new Promise<Uint8Array>((resolve) => {
    socket.onMessage = resolve;
  });
const endOf = (socket: AuthenticatedSocket) =>
  new Promise<NomadError | undefined>((resolve) => {
    socket.onClose = resolve;
  });
const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "none",
    (error: NomadError) => error.code,
  );

test("what a caller sends in one breath with its last handshake message arrives", async () => {
  for (let i = 0; i < 20; i++) {
    const { server, accepted } = await serve();
    const far = accepted.then(messageOf);
    (await dial(server, { kind: "bulk" })).send(new Uint8Array(limits.frameBytesMax));
    expect(await far).toHaveLength(limits.frameBytesMax);
  }
});

test("two sides that know the secret talk, and know whom they talk to", async () => {
  const { server, accepted } = await serve();
  const near = await dial(server, { kind: "peer", name: "host-c" });
  const far = await accepted;
  expect(near.peer).toMatchObject({ name: "host-b", kind: "peer" });
  expect(far.peer).toMatchObject({ name: "host-c", kind: "peer" });
  near.send(Buffer.from("hello"));
  expect(await messageOf(far)).toEqual(new TextEncoder().encode("hello"));
  far.send(Buffer.from("welcome"));
  expect(await messageOf(near)).toEqual(new TextEncoder().encode("welcome"));
});

test("messages sent before the other side has a handler wait for it", async () => {
  const { server, accepted } = await serve();
  const near = await dial(server);
  const sent = Promise.withResolvers<void>();
  for (const byte of [1, 2, 3]) near.send(Uint8Array.of(byte), byte === 3 ? sent.resolve : undefined);
  near.close();
  await sent.promise;
  const far = await accepted;
  const ended = endOf(far);
  await ended;
  const received: number[] = [];
  far.onMessage = (bytes) => received.push(bytes[0] as number);
  expect(received).toEqual([1, 2, 3]);
  expect(await endOf(far)).toBeUndefined();
});

test("a wrong secret is an E_AUTH at both sides", async () => {
  const { server, refused } = await serve();
  expect(await codeOf(dial(server, {}, Buffer.from("guess")))).toBe("E_AUTH");
  expect((await refused).code).toBe("E_AUTH");
});

test("another version is an E_VERSION at both sides", async () => {
  const { server, refused } = await serve();
  expect(await codeOf(dial(server, { abi: 9 }))).toBe("E_VERSION");
  expect((await refused).code).toBe("E_VERSION");
});

test("a kind of connection that is not taken ends with the reason", async () => {
  const { server, refused } = await serve({ kinds: ["bulk"] });
  const near = await dial(server, { kind: "control" });
  expect(await endOf(near)).toMatchObject({
    code: "E_MESSAGE",
    message: expect.stringMatching(/no control connections/),
  });
  expect((await refused).code).toBe("E_MESSAGE");
});

test("nothing listens: E_UNREACHABLE", async () => {
  const { server } = await serve();
  await server.close();
  expect(await codeOf(dial(server))).toBe("E_UNREACHABLE");
});

test("a port that is taken: E_CONFIG", async () => {
  const { server } = await serve();
  expect(await codeOf(serve({ port: server.port }))).toBe("E_CONFIG");
});

test("what is no URL: E_CONFIG", async () => {
  expect(await codeOf(connect("nonsense", { secret: testSecret, hello: testHello(), timeoutMs: 10 }))).toBe("E_CONFIG");
});

/** A client that does not follow the handshake: sends these, and answers nothing. */
function rawClient({ port }: SocketServer, ...messages: (string | Uint8Array)[]): WebSocket {
  const ws = new WebSocket(`ws://127.0.0.1:${port}`);
  ws.on("error", () => {});
  ws.on("open", () => {
    for (const message of messages) ws.send(message);
  });
  return ws;
}

test("a caller that says nothing is refused after the handshake's time", async () => {
  const { server, refused } = await serve({ handshakeMs: 20 });
  rawClient(server);
  expect((await refused).code).toBe("E_TIMEOUT");
});

test.each<[string, string | Uint8Array]>([
  ["garbage", Uint8Array.of(0xc1, 0xff, 0)],
  ["text", "GET /"],
])("a caller that opens with %s is refused with E_MESSAGE", async (_, message) => {
  const { server, refused } = await serve();
  const closed = new Promise((resolve) => rawClient(server, message).on("close", resolve));
  expect((await refused).code).toBe("E_MESSAGE");
  expect(await closed).toBe(4400);
});

test("a caller that floods before it is authenticated is cut off", async () => {
  const { server, refused } = await serve();
  const ws = rawClient(server, new Uint8Array(limits.controlBytesMax));
  const code = await new Promise((resolve) => ws.on("close", resolve));
  expect(code).toBe(1006);
  expect((await refused).code).toBe("E_UNREACHABLE");
});

test("handshakes above the limit are refused with E_BUSY, and those under way go on", async () => {
  const { server, refused } = await serve({ handshakesMax: 1 });
  const silent = rawClient(server);
  await new Promise((resolve) => silent.on("open", resolve));
  expect(await codeOf(dial(server))).toBe("E_UNREACHABLE");
  expect((await refused).code).toBe("E_BUSY");
  const gone = new Promise((resolve) => silent.on("close", resolve));
  silent.close();
  await gone;
  expect(await codeOf(dial(server))).toBe("none");
});

test("a text message ends an authenticated connection with E_FRAME at both sides", async () => {
  const { server, accepted } = await serve();
  const ws = new WebSocket(`ws://127.0.0.1:${server.port}`);
  const closed = new Promise((resolve) => ws.on("close", resolve));
  ws.on("open", () => {
    const side = new Initiator({ hello: testHello(), secret: testSecret, nonce: randomBytes(nonceBytes) });
    authenticate(ws, side, 5000, () => ws.send("text"));
  });
  expect(await endOf(await accepted)).toMatchObject({ code: "E_FRAME" });
  expect(await closed).toBe(4402);
});

test("a message above the limit of its kind ends the connection with E_TOO_LARGE at both sides", async () => {
  const { server, accepted } = await serve();
  const near = await dial(server, { kind: "bulk" });
  const far = await accepted;
  const ends = [endOf(near), endOf(far)];
  near.send(new Uint8Array(limits.frameBytesMax * 2));
  for (const end of ends) expect(await end).toMatchObject({ code: "E_TOO_LARGE" });
});

test("closing with an error tells the other side", async () => {
  const { server, accepted } = await serve();
  const near = await dial(server);
  const far = await accepted;
  far.close(new NomadError("E_STATE", "not now"));
  expect(await endOf(near)).toMatchObject({ code: "E_STATE", message: expect.stringMatching(/not now/) });
  expect(await endOf(far)).toMatchObject({ code: "E_STATE" });
});

test("a connection that breaks is E_UNREACHABLE at the other side, and sends give their memory back", async () => {
  const { server, accepted } = await serve();
  const near = await dial(server);
  const far = await accepted;
  far.terminate();
  expect(await endOf(near)).toMatchObject({ code: "E_UNREACHABLE" });
  expect(await endOf(far)).toBeUndefined();
  await new Promise<void>((resolve) => near.send(new Uint8Array(10), resolve));
  expect(near.bufferedBytes).toBe(0);
});

test("closing the server ends every socket, pending ones too", async () => {
  const { server, accepted } = await serve();
  const near = await dial(server);
  await accepted;
  const silent = rawClient(server);
  await new Promise((resolve) => silent.on("open", resolve));
  const silentGone = new Promise((resolve) => silent.on("close", resolve));
  await server.close();
  expect(await endOf(near)).toMatchObject({ code: "E_UNREACHABLE" });
  await silentGone;
});

test("other requests go to the HTTP handler, or are told to upgrade", async () => {
  const { server } = await serve({ http: (_, response) => response.end("page") });
  const page = await fetch(`http://127.0.0.1:${server.port}/`);
  expect(await page.text()).toBe("page");
  const { server: bare } = await serve();
  expect((await fetch(`http://127.0.0.1:${bare.port}/`)).status).toBe(426);
});

test("an upgrade that is no WebSocket's is refused", async () => {
  const { server, refused } = await serve();
  const socket = connectTcp(server.port, "127.0.0.1");
  socket.write(
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: no\r\n\r\n",
  );
  const answer = await new Promise<Buffer>((resolve) => socket.on("data", resolve));
  expect(answer.toString()).toMatch(/^HTTP\/1.1 400 /);
  expect((await refused).code).toBe("E_MESSAGE");
  socket.destroy();
});
