import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { bearerToken, type LabEvent } from "@nomad/protocol/http";

/** What a request to the fake looked like. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

type Handler = (seen: Seen, response: ServerResponse) => void;

/** A central that answers what a test tells it to, over real HTTP. */
export class FakeCentral implements AsyncDisposable {
  readonly url: string;
  readonly seen: Seen[] = [];
  /** By method and path without the query, such as `GET /v1/status`. */
  readonly handlers = new Map<string, Handler>();
  readonly #close: () => Promise<void>;

  private constructor(url: string, close: () => Promise<void>) {
    this.url = url;
    this.#close = close;
  }

  static async start(secret: Uint8Array): Promise<FakeCentral> {
    const server = createServer((request, response) => void serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const fake = new FakeCentral(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const token = `Bearer ${bearerToken(secret)}`;
    async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const body = await text(request);
      const seen = {
        method: request.method ?? "",
        path: request.url ?? "",
        body: body === "" ? null : JSON.parse(body),
      };
      fake.seen.push(seen);
      const handler = fake.handlers.get(`${seen.method} ${seen.path.split("?")[0]}`);
      if (request.headers.authorization !== token) fail(response, 401, "E_AUTH", "another secret");
      else if (handler) handler(seen, response);
      else fail(response, 404, "E_STATE", `no ${seen.method} ${seen.path}`);
    }
    return fake;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close();
  }
}

export function answer(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

export function fail(response: ServerResponse, status: number, code: string, message: string): void {
  answer(response, { error: { code, message, nextStep: "try otherwise" } }, status);
}

/** Begins a stream with these events; the caller may write more lines, and ends it. */
export function stream(response: ServerResponse, events: readonly LabEvent[]): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
}
