import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { messageBytes } from "../amounts.ts";
import { creditEvery, type SocketRole, wsOptions } from "./socket-options.ts";

const oneByte = Buffer.alloc(1);
/** Frames are copied here, as an adapter copies them into a program's memory. */
const memory = Buffer.alloc(2 ** 20);

/** A server that echoes, swallows or credits, by the path /ROLE/BYTES of each socket. Resolves to its URL. */
export async function serveWebSockets(): Promise<string> {
  const server = new WebSocketServer({ ...wsOptions, host: "127.0.0.1", port: 0, maxPayload: 2 ** 20 });
  server.on("connection", (ws, request) => {
    const [, role, bytes] = (request.url ?? "").split("/");
    wsRoles[role as SocketRole](ws, Number(bytes));
  });
  await once(server, "listening");
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const wsRoles: Readonly<Record<SocketRole, (ws: WebSocket, bytes: number) => void>> = {
  echo: (ws) => ws.on("message", (data) => ws.send(data)),
  sink: (ws, bytes) => {
    const take = counter(bytes, () => ws.send(oneByte));
    ws.on("message", (data: Buffer) => {
      data.copy(memory);
      take(data.length);
    });
  },
  credit: (ws) => {
    const take = counter(creditEvery, () => ws.send(oneByte));
    ws.on("message", () => take(1));
  },
};

/** A server whose sockets say with their first byte what they want: `e` to be echoed, or `s` and u32 bytes to be swallowed. */
export async function serveTcp(): Promise<number> {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.once("data", (first: Buffer) => {
      if (first[0] === "e".charCodeAt(0)) echo(socket);
      else swallow(socket, first.readUInt32LE(1));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function echo(socket: Socket): void {
  const take = counter(messageBytes, () => socket.write(Buffer.alloc(messageBytes)));
  socket.on("data", (data) => take(data.length));
  socket.on("error", () => socket.destroy());
}

function swallow(socket: Socket, bytes: number): void {
  const take = counter(bytes, () => socket.write(oneByte));
  socket.on("data", (data: Buffer) => {
    data.copy(memory);
    take(data.length);
  });
  socket.on("error", () => socket.destroy());
}

/** Calls `onFull` each time that so much has been taken. */
function counter(full: number, onFull: () => void): (amount: number) => void {
  let taken = 0;
  return (amount) => {
    for (taken += amount; taken >= full; taken -= full) onFull();
  };
}
