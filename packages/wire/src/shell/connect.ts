import { randomBytes } from "node:crypto";
import { NomadError } from "@nomad/base";
import { WebSocket } from "ws";
import { Initiator, nonceBytes } from "../handshake.ts";
import { type Hello, messageBytesMax } from "../hello.ts";
import { certificateError, schemeOf, type TlsIdentity } from "../tls.ts";
import { authenticate } from "./authenticate.ts";
import { AuthenticatedSocket } from "./authenticated-socket.ts";
import { httpForbidden, socketOptions, zeroMask } from "./socket-options.ts";

export interface ConnectOptions {
  readonly secret: Uint8Array;
  readonly hello: Hello;
  /** Only TLS is spoken, with this; without it, none. */
  readonly tls?: TlsIdentity | undefined;
  /** For the connection and the handshake each, ms. */
  readonly timeoutMs: number;
  /** The largest message taken; by default that of the hello's kind. */
  readonly maxPayload?: number;
  /** Gives up a connection that is not up yet. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to `url` (ws://, with TLS wss://) and proves both sides to each other. Rejects with E_UNREACHABLE, E_TIMEOUT, E_AUTH,
 * E_VERSION, E_MESSAGE, E_CONFIG, or what the other side gives as its reason.
 */
export function connect(url: string, options: ConnectOptions): Promise<AuthenticatedSocket> {
  return new Promise((resolve, reject) => {
    const maxPayload = options.maxPayload ?? messageBytesMax[options.hello.kind];
    const ws = open(url, maxPayload, options);
    const onAbort = () => ws.terminate();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    const settle = (outcome: AuthenticatedSocket | NomadError) => {
      options.signal?.removeEventListener("abort", onAbort);
      if (outcome instanceof NomadError) reject(outcome);
      else resolve(outcome);
    };
    let cause: Error | undefined;
    ws.on("error", (error) => {
      cause ??= error;
    });
    const onFailure = () =>
      settle(certificateError(url, cause) ?? refusedUpgrade(url, cause) ?? unreachable(url, cause));
    ws.on("close", onFailure);
    ws.on("open", () => {
      ws.off("close", onFailure);
      const side = new Initiator({ hello: options.hello, secret: options.secret, nonce: randomBytes(nonceBytes) });
      authenticate(ws, side, options.timeoutMs, (outcome) =>
        settle(outcome instanceof NomadError ? outcome : new AuthenticatedSocket(ws, outcome, maxPayload)),
      );
    });
    if (options.signal?.aborted) onAbort();
  });
}

function unreachable(url: string, cause: Error | undefined): NomadError {
  return new NomadError("E_UNREACHABLE", `cannot connect to ${url}${cause ? `: ${cause.message}` : ""}`, { cause });
}

/** A server that does not believe the caller's certificate says so before there is a WebSocket. */
function refusedUpgrade(url: string, cause: Error | undefined): NomadError | null {
  if (!cause?.message.endsWith(String(httpForbidden))) return null;
  return new NomadError("E_AUTH", `${url} does not believe this side's certificate`, { cause });
}

function open(url: string, maxPayload: number, { tls, timeoutMs: handshakeTimeout }: ConnectOptions): WebSocket {
  const scheme = schemeOf(tls);
  if (!url.startsWith(`${scheme}:`)) throw new NomadError("E_CONFIG", `${url}: this side speaks ${scheme} only`);
  try {
    return new WebSocket(url, { ...socketOptions, ...tls, generateMask: zeroMask, handshakeTimeout, maxPayload });
  } catch (cause) {
    throw new NomadError("E_CONFIG", `not a WebSocket URL: ${url}`, { cause });
  }
}
