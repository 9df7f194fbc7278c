import { randomBytes } from "node:crypto";
import { NomadError } from "@nomad/base";
import { WebSocket } from "ws";
import { Initiator, nonceBytes } from "../handshake.ts";
import { type Hello, messageBytesMax } from "../hello.ts";
import { authenticate } from "./authenticate.ts";
import { AuthenticatedSocket } from "./authenticated-socket.ts";
import { socketOptions, zeroMask } from "./socket-options.ts";

export interface ConnectOptions {
  readonly secret: Uint8Array;
  readonly hello: Hello;
  /** For the connection and the handshake each, ms. */
  readonly timeoutMs: number;
  /** The largest message taken; by default that of the hello's kind. */
  readonly maxPayload?: number;
  /** Gives up a connection that is not up yet. */
  readonly signal?: AbortSignal;
}

/**
 * Connects to `url` (ws://) and proves both sides to each other. Rejects with E_UNREACHABLE, E_TIMEOUT, E_AUTH,
 * E_VERSION, E_MESSAGE, E_CONFIG, or what the other side gives as its reason.
 */
export function connect(url: string, options: ConnectOptions): Promise<AuthenticatedSocket> {
  return new Promise((resolve, reject) => {
    const maxPayload = options.maxPayload ?? messageBytesMax[options.hello.kind];
    const ws = open(url, maxPayload, options.timeoutMs);
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
    const onFailure = () => settle(unreachable(url, cause));
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

function open(url: string, maxPayload: number, handshakeTimeout: number): WebSocket {
  try {
    return new WebSocket(url, { ...socketOptions, generateMask: zeroMask, handshakeTimeout, maxPayload });
  } catch (cause) {
    throw new NomadError("E_CONFIG", `not a WebSocket URL: ${url}`, { cause });
  }
}
