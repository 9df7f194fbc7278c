import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { defaults, NomadError } from "@nomad/base";
import { type WebSocket, WebSocketServer } from "ws";
import { handshakeBytesMax, nonceBytes, Responder } from "../handshake.ts";
import { type ConnectionKind, type Introduction, messageBytesMax } from "../hello.ts";
import type { TlsIdentity } from "../tls.ts";
import { authenticate, refuse } from "./authenticate.ts";
import { AuthenticatedSocket } from "./authenticated-socket.ts";
import { httpForbidden, socketOptions } from "./socket-options.ts";

const handshakesMaxDefault = 256;
const limitMax = Math.max(...Object.values(messageBytesMax));

export interface ListenOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly secret: Uint8Array;
  /** Only TLS is spoken, with this. WebSockets take a certificate of the caller's, too, other HTTP requests none. */
  readonly tls?: TlsIdentity | undefined;
  /** Read anew for each handshake: parameters may change. */
  readonly hello: Introduction;
  /** The kinds of connections taken; all by default. */
  readonly kinds?: readonly ConnectionKind[];
  /** A caller has proven itself. Called within its last handshake message. */
  readonly onSocket: (socket: AuthenticatedSocket) => void;
  readonly onRefused: (error: NomadError, remote: string) => void;
  /** Other HTTP requests; without it they are answered 426. */
  readonly http?: RequestListener;
  /** Time for a handshake, ms. */
  readonly handshakeMs?: number;
  /** Handshakes under way at most; more are refused with E_BUSY. */
  readonly handshakesMax?: number;
}

export interface SocketServer {
  readonly port: number;
  /** Ends every socket and stops listening. */
  close(): Promise<void>;
}

/** One HTTP server that takes authenticated WebSockets on any path. Rejects with E_CONFIG when it cannot listen. */
export async function listen(options: ListenOptions): Promise<SocketServer> {
  const http = serverOf(options);
  const sockets = new Set<WebSocket>();
  const acceptor = new Acceptor(options, sockets);
  http.on("upgrade", (request, socket, head) => acceptor.accept(request, socket, head));
  await listening(http, options);
  return {
    port: (http.address() as AddressInfo).port,
    close: () => closed(http, sockets),
  };
}

function serverOf({ tls, http = upgradeRequired }: ListenOptions) {
  if (tls === undefined) return createServer(http);
  try {
    return createTlsServer({ ...tls, requestCert: true, rejectUnauthorized: false }, http);
  } catch (cause) {
    throw new NomadError("E_CONFIG", `certificate or key cannot be used: ${(cause as Error).message}`, { cause });
  }
}

type HttpServer = ReturnType<typeof serverOf>;

/** Takes upgrades through the handshake. */
class Acceptor {
  readonly #options: ListenOptions;
  readonly #sockets: Set<WebSocket>;
  readonly #upgrades = new WebSocketServer({ ...socketOptions, noServer: true, maxPayload: limitMax });
  #handshakes = 0;

  constructor(options: ListenOptions, sockets: Set<WebSocket>) {
    this.#options = options;
    this.#sockets = sockets;
    this.#upgrades.on("wsClientError", (error, socket, request) => {
      socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
      options.onRefused(new NomadError("E_MESSAGE", error.message), remoteOf(request));
    });
  }

  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const remote = remoteOf(request);
    const { handshakesMax = handshakesMaxDefault, onRefused } = this.#options;
    if (this.#handshakes >= handshakesMax) {
      socket.on("error", () => {});
      socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n");
      onRefused(new NomadError("E_BUSY", `${handshakesMax} handshakes are under way`), remote);
      return;
    }
    if (socket instanceof TLSSocket && !socket.authorized) {
      socket.on("error", () => {});
      socket.end(`HTTP/1.1 ${httpForbidden} Forbidden\r\nConnection: close\r\n\r\n`);
      onRefused(new NomadError("E_AUTH", `no certificate of this lab's: ${socket.authorizationError}`), remote);
      return;
    }
    this.#upgrades.handleUpgrade(request, socket, head, (ws) => {
      this.#sockets.add(ws);
      ws.on("close", () => this.#sockets.delete(ws));
      this.#authenticate(ws, socket, remote);
    });
  }

  #authenticate(ws: WebSocket, socket: Duplex, remote: string): void {
    const { hello, secret, handshakeMs = defaults.controlRequestMs, onSocket, onRefused } = this.#options;
    this.#handshakes++;
    const unlimit = limitBytes(ws, socket);
    const side = new Responder({ hello, secret, nonce: randomBytes(nonceBytes) });
    authenticate(ws, side, handshakeMs, (outcome) => {
      this.#handshakes--;
      unlimit();
      if (outcome instanceof NomadError) return onRefused(outcome, remote);
      const { kind } = outcome.peer;
      if (this.#options.kinds?.includes(kind) ?? true) return onSocket(new AuthenticatedSocket(ws, outcome));
      const error = new NomadError("E_MESSAGE", `no ${kind} connections are taken here`);
      ws.on("error", () => {});
      refuse(ws, error);
      onRefused(error, remote);
    });
  }
}

/**
 * Ends a socket that sends much before it is authenticated: ws itself would gather up to the largest message of any
 * kind. The handler stands behind that of ws, so a last handshake message is seen before what follows it is counted.
 */
function limitBytes(ws: WebSocket, socket: Duplex): () => void {
  let bytes = 0;
  let limited = true;
  const onData = (chunk: Buffer) => {
    bytes += chunk.length;
    // Taking the handler off is not enough: that of ws may have done so within the event that calls this one.
    if (limited && bytes > 2 * handshakeBytesMax) ws.terminate();
  };
  socket.on("data", onData);
  return () => {
    limited = false;
    socket.off("data", onData);
  };
}

function listening(http: HttpServer, { host, port }: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: Error) =>
      reject(new NomadError("E_CONFIG", `cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    http.once("error", onError);
    http.listen(port, host, () => {
      http.off("error", onError);
      resolve();
    });
  });
}

function closed(http: HttpServer, sockets: Set<WebSocket>): Promise<void> {
  return new Promise((resolve) => {
    http.close(() => resolve());
    http.closeAllConnections();
    for (const ws of sockets) ws.terminate();
  });
}

function upgradeRequired(...[request, response]: Parameters<RequestListener>): void {
  request.resume();
  response.writeHead(426, { connection: "close", upgrade: "websocket" }).end();
}

const remoteOf = (request: IncomingMessage) => `${request.socket.remoteAddress}:${request.socket.remotePort}`;
