import { NomadError } from "@nomad/base";
import type { ApiAnswer, ApiRequest, Transport } from "@nomad/protocol/client";

/** Requests from a page of central's: its session comes along by itself. */
export class FetchTransport implements Transport {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async send({ method, path, body, timeoutMs, signal }: ApiRequest): Promise<ApiAnswer> {
    const leave = new AbortController();
    const late = new NomadError("E_TIMEOUT", `${path} did not answer within ${timeoutMs} ms`);
    const timer = Number.isFinite(timeoutMs) ? setTimeout(() => leave.abort(late), timeoutMs) : undefined;
    const either = signal ? AbortSignal.any([leave.signal, signal]) : leave.signal;
    const content = body === undefined ? {} : { body: JSON.stringify(body) };
    try {
      const headers = { "content-type": "application/json" };
      const response = await fetch(`${this.url}${path}`, { method, headers, signal: either, ...content });
      return answerOf(response, leave);
    } catch (error) {
      throw signal?.aborted ? signal.reason : unreachable(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function answerOf(response: Response, leave: AbortController): ApiAnswer {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      if (response.body) yield* response.body;
    } catch (error) {
      if (!leave.signal.aborted) throw unreachable(error);
    }
  }
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    chunks: chunks(),
    close: () => leave.abort(),
  };
}

function unreachable(error: unknown): NomadError {
  if (error instanceof NomadError) return error;
  return new NomadError("E_UNREACHABLE", "the connection to central broke", { cause: error });
}
