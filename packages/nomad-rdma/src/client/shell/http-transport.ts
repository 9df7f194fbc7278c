import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { NomadError } from "@nomad/base";
import type { ApiAnswer, ApiRequest, Transport } from "@nomad/protocol/client";
import { certificateError } from "@nomad/wire/tls";

const noLab: ReadonlySet<string> = new Set(["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"]);

/** Requests from a Node process, with the lab's bearer token. */
export class HttpTransport implements Transport {
  readonly url: string;
  readonly #token: string;
  readonly #ca: string | undefined;

  /** `ca`: the authority by which the certificate of an https: URL is judged (PEM); the system's when absent. */
  constructor(url: string, token: string, ca?: string) {
    this.url = url;
    this.#token = token;
    this.#ca = ca;
  }

  send(request: ApiRequest): Promise<ApiAnswer> {
    const { timeoutMs, signal } = request;
    const { promise, resolve, reject } = Promise.withResolvers<ApiAnswer>();
    const started = this.#open(request);
    const late = () => new NomadError("E_TIMEOUT", `${this.url}${request.path} did not answer within ${timeoutMs} ms`);
    const timer = Number.isFinite(timeoutMs) ? setTimeout(() => void started.destroy(late()), timeoutMs) : undefined;
    started.on("response", (response) => {
      clearTimeout(timer);
      resolve(answerOf(response, this.url));
    });
    started.on("error", (error) => {
      clearTimeout(timer);
      reject(signal?.aborted ? signal.reason : explain(error, this.url));
    });
    started.end(request.body === undefined ? undefined : JSON.stringify(request.body));
    return promise;
  }

  #open({ method, path, body, signal }: ApiRequest): ClientRequest {
    const open = this.url.startsWith("https:") ? httpsRequest : httpRequest;
    const content = body === undefined ? {} : { "content-type": "application/json" };
    return open(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...content },
      // A connection of its own for each request: none is left that would keep the process from ending.
      agent: false,
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
      ...(signal ? { signal } : {}),
    });
  }
}

function answerOf(response: IncomingMessage, url: string): ApiAnswer {
  let closed = false;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* response;
    } catch (error) {
      if (!closed) throw explain(error, url);
    }
  }
  return {
    status: response.statusCode ?? 0,
    header: (name) => response.headers[name]?.toString() ?? null,
    chunks: chunks(),
    close: () => {
      closed = true;
      response.destroy();
    },
  };
}

/** What became of a connection, in our words. */
function explain(error: unknown, url: string): NomadError {
  if (error instanceof NomadError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const origin = URL.parse(url)?.origin ?? url;
  if (noLab.has(code)) return new NomadError("E_NO_LAB", `no lab answers at ${origin} (${code})`, { cause: error });
  const distrusted = error instanceof Error ? certificateError(origin, error) : null;
  if (distrusted) return distrusted;
  const message = error instanceof Error ? error.message : String(error);
  return new NomadError("E_UNREACHABLE", `the connection to ${origin} broke: ${message}`, { cause: error });
}
