import { afterEach, expect, test } from "vitest";
import { testHello, testSecret } from "../testing/hello.ts";
import type { AuthenticatedSocket } from "./authenticated-socket.ts";
import { ReconnectingSocket } from "./reconnecting-socket.ts";
import { listen } from "./socket-server.ts";

const disposers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
});

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await turn();
}

async function serve(port = 0) {
  const sockets: AuthenticatedSocket[] = [];
  const server = await listen({
    host: "127.0.0.1",
    port,
    secret: testSecret,
    hello: testHello({ name: "host-b" }),
    onSocket: (socket) => sockets.push(socket),
    onRefused: () => {},
  });
  disposers.push(() => server.close());
  return { server, sockets };
}

function keepUp(port: number, secret = testSecret) {
  const events: string[] = [];
  const connection = new ReconnectingSocket({
    url: `ws://127.0.0.1:${port}`,
    secret,
    hello: testHello(),
    timeoutMs: 5000,
    onUp: (socket) => events.push(`up to ${socket.peer.name}`),
    onDown: (error, retryMs) => events.push(`${error.code}, again in ${retryMs} ms`),
  });
  disposers.push(() => connection.close());
  return { connection, events };
}

test("a connection that is lost comes up again", async () => {
  const { server, sockets } = await serve();
  const { connection, events } = keepUp(server.port);
  await until(() => sockets.length === 1 && connection.socket !== null);
  sockets[0]?.terminate();
  await until(() => sockets.length === 2 && connection.socket !== null);
  expect(events).toEqual(["up to host-b", "E_UNREACHABLE, again in 50 ms", "up to host-b"]);
});

test("attempts come at growing intervals while nothing listens, and end in a connection", async () => {
  const { server } = await serve();
  await server.close();
  const { events } = keepUp(server.port);
  await until(() => events.length === 3);
  expect(events).toEqual([50, 100, 200].map((ms) => `E_UNREACHABLE, again in ${ms} ms`));
  await serve(server.port);
  await until(() => events.length === 4);
  expect(events[3]).toBe("up to host-b");
});

test("a wrong secret is reported and tried again slowly", async () => {
  const { server } = await serve();
  const { events } = keepUp(server.port, Buffer.from("guess"));
  await until(() => events.length === 1);
  expect(events).toEqual(["E_AUTH, again in 5000 ms"]);
});

test("after close nothing is reported and nothing is tried", async () => {
  const { server, sockets } = await serve();
  const { connection, events } = keepUp(server.port);
  await until(() => sockets.length === 1 && connection.socket !== null);
  const ended = new Promise((resolve) => {
    const [socket] = sockets as [AuthenticatedSocket];
    socket.onClose = resolve;
  });
  connection.close();
  expect(await ended).toBeUndefined();
  expect(connection.socket).toBeNull();
  expect(events).toEqual(["up to host-b"]);
});

test("closing within an attempt gives it up", async () => {
  const { server, sockets } = await serve();
  const { connection, events } = keepUp(server.port);
  connection.close();
  await server.close();
  expect(events).toEqual([]);
  expect(sockets.every((socket) => !socket.open)).toBe(true);
});
