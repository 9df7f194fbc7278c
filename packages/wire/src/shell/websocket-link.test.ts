import { afterEach, expect, test } from "vitest";
import { conformanceBufferedBytes, linkConformance } from "../link-conformance.ts";
import { testSecret, testWireHello } from "../testing/hello.ts";
import { connect } from "./connect.ts";
import { listen, type SocketServer } from "./socket-server.ts";
import { AcceptedLink, DialedLink } from "./websocket-link.ts";

const bufferedBytesMax = conformanceBufferedBytes;
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const disposers: (() => void | Promise<void>)[] = [];

afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
});

async function serve(link: AcceptedLink, port = 0): Promise<SocketServer> {
  const hello = testWireHello("host-b");
  return await listen({
    host: "127.0.0.1",
    port,
    secret: testSecret,
    hello,
    onSocket: (socket) => link.adopt(socket),
    onRefused: () => {},
  });
}

function dial(port: number, icrc = true, onDown?: (error: Error) => void): DialedLink {
  return new DialedLink({
    url: `ws://127.0.0.1:${port}`,
    secret: testSecret,
    hello: testWireHello("host-a", icrc),
    timeoutMs: 5000,
    bufferedBytesMax,
    ...(onDown && { onDown }),
  });
}

linkConformance("a WebSocket link", async () => {
  const accepted = new AcceptedLink({ bufferedBytesMax });
  let server = await serve(accepted);
  const { port } = server;
  const dialed = dial(port);
  return {
    a: dialed,
    b: accepted,
    cut: () => server.close(),
    mend: async () => {
      server = await serve(accepted, port);
    },
    turn,
    dispose: async () => {
      dialed.close();
      accepted.close();
      await server.close();
    },
  };
});

test("a newer connection of the peer replaces the older", async () => {
  const link = new AcceptedLink({ bufferedBytesMax });
  disposers.push(() => link.close());
  const server = await serve(link);
  disposers.push(() => server.close());
  const states: string[] = [];
  const received: number[] = [];
  link.onState = (state) => states.push(state);
  link.onFrame = (frame) => received.push(frame[0] as number);
  const options = { secret: testSecret, hello: testWireHello("host-a"), timeoutMs: 5000 };
  const older = await connect(`ws://127.0.0.1:${server.port}`, options);
  const olderClosed = new Promise((resolve) => {
    older.onClose = resolve;
  });
  const newer = await connect(`ws://127.0.0.1:${server.port}`, options);
  await olderClosed;
  newer.send(Uint8Array.of(2));
  while (received.length === 0) await turn();
  expect(received).toEqual([2]);
  expect(states).toEqual(["up", "down", "up"]);
});

/** Frames of these sizes, the first all 1, the second all 2, come to a link; resolves when the link has handed all over. */
async function come(sizes: readonly number[], onFrame: (frame: Uint8Array) => void): Promise<void> {
  const link = new AcceptedLink({ bufferedBytesMax });
  disposers.push(() => link.close());
  const server = await serve(link);
  disposers.push(() => server.close());
  let left = sizes.length;
  link.onFrame = (frame) => {
    onFrame(frame);
    left--;
  };
  const options = { secret: testSecret, hello: testWireHello("host-a"), timeoutMs: 5000 };
  const socket = await connect(`ws://127.0.0.1:${server.port}`, options);
  for (const [i, bytes] of sizes.entries()) socket.send(new Uint8Array(bytes).fill(i + 1));
  while (left > 0) await turn();
}

test("a frame that came in pieces takes no memory once it has been handled, a short one's neighbours stay", async () => {
  const received: Uint8Array[] = [];
  const lengths: number[] = [];
  await come([8, 200_000, 8], (frame) => {
    received.push(frame);
    lengths.push(frame.length);
  });
  expect(lengths).toEqual([8, 200_000, 8]);
  expect(received[1]?.length).toBe(0);
});

test("what a handler has copied of a frame outlives it", async () => {
  const copies: Uint8Array[] = [];
  await come([8, 200_000, 100_000], (frame) => void copies.push(frame.slice(2, 6)));
  expect(copies.map((copy) => [...copy])).toEqual([1, 2, 3].map((value) => Array(4).fill(value)));
});

test("ends that disagree about the ICRC are refused with an error that names both", async () => {
  const link = new AcceptedLink({ bufferedBytesMax });
  const server = await serve(link);
  disposers.push(() => server.close());
  const error = await new Promise<Error>((resolve) => {
    const dialed = dial(server.port, false, resolve);
    disposers.push(() => dialed.close());
  });
  expect(error).toMatchObject({ code: "E_CONFIG" });
  expect(error.message).toMatch(/host-a has ICRC off and host-b has ICRC on/);
  expect(link.state).toBe("connecting");
});
