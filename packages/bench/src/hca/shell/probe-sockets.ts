import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Probe } from "@nomad/measure";
import { WebSocket } from "ws";
import { type Amounts, frameBytes, messageBytes, window, writeBytes } from "../amounts.ts";
import { creditEvery, generateMask, type SocketRole, wsOptions } from "./socket-options.ts";

const bufferedBytesMax = 2 ** 20;
/** Frames of which the better size counts. */
const wsFrames = [frameBytes, writeBytes];

/** Sockets to the peer, and what they cost. */
export async function socketProbes(
  peer: { readonly wsUrl: string; readonly tcpPort: number },
  amounts: Pick<Amounts, "roundTrips" | "bandwidthBytes" | "messages">,
): Promise<ReadonlyMap<string, Probe>> {
  const open = (role: SocketRole, bytes = 0) => openWs(`${peer.wsUrl}/${role}/${bytes}`);
  const [wsEcho, wsSink, wsCredit] = [
    await open("echo"),
    await open("sink", amounts.bandwidthBytes),
    await open("credit"),
  ];
  const tcpEcho = await openTcp(peer.tcpPort, Buffer.from("e"));
  const sink = Buffer.alloc(5, "s");
  sink.writeUInt32LE(amounts.bandwidthBytes, 1);
  const tcpSink = await openTcp(peer.tcpPort, sink);
  return new Map<string, Probe>([
    ["ws-rtt-64", () => wsRoundTrips(wsEcho, amounts.roundTrips)],
    ["tcp-rtt-64", () => tcpRoundTrips(tcpEcho, amounts.roundTrips)],
    ["ws-bw", () => wsBandwidth(wsSink, amounts.bandwidthBytes)],
    ["tcp-bw", () => tcpBandwidth(tcpSink, amounts.bandwidthBytes)],
    ["ws-rate-64", () => wsRate(wsCredit, amounts.messages)],
    ["memory-copy", () => Promise.resolve(memoryCopy(amounts.bandwidthBytes))],
  ]);
}

async function openWs(url: string): Promise<WebSocket> {
  const ws = new WebSocket(url, { ...wsOptions, generateMask });
  await once(ws, "open");
  return ws;
}

async function openTcp(port: number, first: Buffer): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  await once(socket, "connect");
  socket.write(first);
  return socket;
}

/** Mean time of a round trip, us. */
function wsRoundTrips(ws: WebSocket, count: number): Promise<number> {
  const message = Buffer.alloc(messageBytes);
  return roundTrips(
    count,
    (onReply) => ws.on("message", onReply),
    () => ws.send(message),
    () => ws.removeAllListeners("message"),
  );
}

function tcpRoundTrips(socket: Socket, count: number): Promise<number> {
  const message = Buffer.alloc(messageBytes);
  return roundTrips(
    count,
    (onReply) => socket.on("data", onReply),
    () => socket.write(message),
    () => socket.removeAllListeners("data"),
  );
}

function roundTrips(
  count: number,
  listen: (onReply: () => void) => void,
  send: () => void,
  end: () => void,
): Promise<number> {
  return new Promise((resolve) => {
    const start = performance.now();
    let left = count;
    listen(() => {
      left--;
      if (left > 0) return send();
      end();
      resolve(((performance.now() - start) * 1000) / count);
    });
    send();
  });
}

/** MB/s at the frame size at which it is best. */
async function wsBandwidth(ws: WebSocket, bytes: number): Promise<number> {
  let best = 0;
  for (const frame of wsFrames) best = Math.max(best, await wsBandwidthAt(ws, bytes, frame));
  return best;
}

/** MB/s, until the other side has copied all. */
async function wsBandwidthAt(ws: WebSocket, bytes: number, size: number): Promise<number> {
  const frame = Buffer.alloc(size);
  const start = performance.now();
  const done = once(ws, "message");
  let left = bytes / size;
  const fill = () => {
    while (left > 0 && ws.bufferedAmount < bufferedBytesMax) {
      left--;
      ws.send(frame, fill);
    }
  };
  fill();
  await done;
  return bytes / (performance.now() - start) / 1000;
}

async function tcpBandwidth(socket: Socket, bytes: number): Promise<number> {
  const frame = Buffer.alloc(frameBytes);
  const start = performance.now();
  const done = once(socket, "data");
  let left = bytes / frameBytes;
  const fill = () => {
    while (left > 0 && socket.writableLength < bufferedBytesMax) {
      left--;
      socket.write(frame, fill);
    }
  };
  fill();
  await done;
  return bytes / (performance.now() - start) / 1000;
}

/** Messages a second, a window of them under way. */
function wsRate(ws: WebSocket, count: number): Promise<number> {
  const message = Buffer.alloc(messageBytes);
  const rounded = Math.ceil(count / creditEvery) * creditEvery;
  return new Promise((resolve) => {
    const start = performance.now();
    let sent = 0;
    let credited = 0;
    const fill = () => {
      for (; sent < rounded && sent - credited < window; sent++) ws.send(message);
    };
    ws.on("message", () => {
      credited += creditEvery;
      if (credited < rounded) return fill();
      ws.removeAllListeners("message");
      resolve((rounded * 1000) / (performance.now() - start));
    });
    fill();
  });
}

/** MB/s within this process, from memory to memory that no cache holds. */
function memoryCopy(bytes: number): number {
  const [from, to] = [copySource, copyTarget];
  const start = performance.now();
  for (let done = 0; done < bytes; done += frameBytes) {
    const at = done % from.length;
    to.set(from.subarray(at, at + frameBytes), at);
  }
  return bytes / (performance.now() - start) / 1000;
}

const copySource = new Uint8Array(64 * 2 ** 20).fill(1);
const copyTarget = new Uint8Array(64 * 2 ** 20).fill(2);
