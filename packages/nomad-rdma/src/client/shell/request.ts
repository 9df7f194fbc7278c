import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { NomadError } from "@nomad/base";

/** One HTTP request to central. */
export interface Request {
  readonly url: string;
  readonly method: string;
  readonly token: string;
  readonly body?: unknown;
  /** How long until the answer begins; Infinity: as long as the connection holds. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

const noLab: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"]);

/**
 * Sends a request; resolves when the answer begins. Fails with E_NO_LAB when nothing listens there, E_TIMEOUT when no
 * answer comes in time, E_UNREACHABLE when the connection breaks.
 */
export function send(request: Request): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const started = open(request);
  const giveUp = () =>
    void started.destroy(new NomadError("E_TIMEOUT", `${request.url} did not answer within ${request.timeoutMs} ms`));
  const timer = Number.isFinite(request.timeoutMs) ? setTimeout(giveUp, request.timeoutMs) : undefined;
  started.on("response", (response) => {
    clearTimeout(timer);
    resolve(response);
  });
  started.on("error", (error) => {
    clearTimeout(timer);
    reject(request.signal?.aborted ? request.signal.reason : explain(error, request.url));
  });
  started.end(request.body === undefined ? undefined : JSON.stringify(request.body));
  return promise;
}

/** The whole body of an answer as text. Fails with E_UNREACHABLE when it breaks off. */
export async function textOf(response: IncomingMessage, url: string): Promise<string> {
  try {
    return await text(response);
  } catch (error) {
    throw explain(error, url);
  }
}

/** What became of a connection, in our words. */
export function explain(error: unknown, url: string): NomadError {
  if (error instanceof NomadError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const origin = URL.parse(url)?.origin ?? url;
  if (noLab.has(code)) return new NomadError("E_NO_LAB", `no lab answers at ${origin} (${code})`, { cause: error });
  const message = error instanceof Error ? error.message : String(error);
  return new NomadError("E_UNREACHABLE", `the connection to ${origin} broke: ${message}`, { cause: error });
}

function open(request: Request): ClientRequest {
  const send = request.url.startsWith("https:") ? httpsRequest : httpRequest;
  const content = request.body === undefined ? {} : { "content-type": "application/json" };
  return send(request.url, {
    method: request.method,
    headers: { authorization: `Bearer ${request.token}`, ...content },
    // A connection of its own for each request: none is left that would keep the process from ending.
    agent: false,
    ...(request.signal ? { signal: request.signal } : {}),
  });
}
