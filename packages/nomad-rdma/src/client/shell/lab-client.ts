import type { IncomingMessage } from "node:http";
import { defaults } from "@nomad/base";
import {
  bearerToken,
  type CaptureRequest,
  captureHeader,
  type FaultRecord,
  type FaultRequest,
  type Guest,
  type GuestReport,
  type GuestRequest,
  type LabEvent,
  type LogLine,
  type MoveRecord,
  type MoveRequest,
  routePath,
  routes,
  type Status,
} from "@nomad/protocol/http";
import type * as z from "zod";
import { answeredError, parseAnswer } from "../answer.ts";
import { lines } from "../ndjson.ts";
import { explain, send, textOf } from "./request.ts";

/** Whom to ask, and how long to wait. */
export interface LabClientOptions {
  /** The URL of central, without a slash at its end. */
  readonly url: string;
  readonly secret: Uint8Array;
  readonly timeoutMs?: number;
}

/** A capture that runs: pcapng as it comes. */
export interface RunningCapture {
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Asks for its end: its last blocks come, then `chunks` ends. */
  end(): Promise<void>;
  /** Ends it at once, wherever it is. */
  cut(): void;
}

interface Call {
  /** What stands for `:name` in the route's path. */
  readonly parameter?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** A host that does not answer is waited for, twice where its counts are asked for first. */
const faultTimeoutMs = 3 * defaults.controlRequestMs;

/**
 * Central's HTTP API, typed. Every call may fail with E_NO_LAB, E_AUTH, E_TIMEOUT, E_UNREACHABLE, E_MESSAGE and with
 * the code that central answers.
 */
export class LabClient {
  readonly url: string;
  readonly #token: string;
  readonly #timeoutMs: number;

  constructor(options: LabClientOptions) {
    this.url = options.url;
    this.#token = bearerToken(options.secret);
    this.#timeoutMs = options.timeoutMs ?? defaults.controlRequestMs;
  }

  status(): Promise<Status> {
    return this.#ask(routes.status, routes.status.answer);
  }

  /** A link that lets one browser in, once and soon. */
  async loginLink(): Promise<string> {
    return `${this.url}${(await this.#ask(routes.login, routes.login.answer)).path}`;
  }

  async runGuest(body: GuestRequest): Promise<Guest> {
    return (await this.#ask(routes.runGuest, routes.runGuest.answer, { body })).guest;
  }

  /** Asks a guest to end in its own way, or with `force` destroys it. Resolves before it has ended. */
  async stopGuest(parameter: string, force = false): Promise<Guest> {
    const query = { force: String(force) };
    return (await this.#ask(routes.stopGuest, routes.stopGuest.answer, { parameter, query })).guest;
  }

  report(parameter: string): Promise<GuestReport | null> {
    return this.#ask(routes.report, routes.report.answer, { parameter });
  }

  /** Starts a move; with `wait` resolves when it has ended, however it ended. */
  async move(body: MoveRequest, options: { wait: boolean; signal?: AbortSignal | undefined }): Promise<MoveRecord> {
    const query = { wait: String(options.wait) };
    // It ends by itself: central bounds each of its phases, but not its place in the queue.
    const timeoutMs = options.wait ? Number.POSITIVE_INFINITY : this.#timeoutMs;
    const call = { body, query, timeoutMs, signal: options.signal };
    return (await this.#ask(routes.startMove, routes.startMove.answer, call)).move;
  }

  async getMove(parameter: string): Promise<MoveRecord> {
    return (await this.#ask(routes.move, routes.move.answer, { parameter })).move;
  }

  /** What a guest printed; with `follow` until the guest is gone or the signal. */
  logs(parameter: string, options: { follow: boolean; signal?: AbortSignal }): AsyncGenerator<LogLine> {
    const query = { follow: String(options.follow) };
    return this.#stream(routes.logs, routes.logs.stream, { parameter, query, signal: options.signal });
  }

  /** Begins a capture; resolves when every host concerned captures. */
  async capture(request: CaptureRequest): Promise<RunningCapture> {
    const given = Object.entries(request).filter(([, value]) => value !== undefined);
    const query = Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
    const response = await this.#send(routes.capture, { query });
    const parameter = String(response.headers[captureHeader]);
    const end = () => this.#ask(routes.endCapture, routes.endCapture.answer, { parameter });
    let cut = false;
    return {
      chunks: chunksOf(response, this.url, () => cut),
      end: async () => void (await end()),
      cut: () => {
        cut = true;
        response.destroy();
      },
    };
  }

  /** Adds a fault; resolves once the hosts that are up have it. */
  async addFault(body: FaultRequest): Promise<FaultRecord> {
    return (await this.#ask(routes.addFault, routes.addFault.answer, { body, timeoutMs: faultTimeoutMs })).fault;
  }

  /** Faults that stand, with what they have hit so far. */
  async faults(): Promise<readonly FaultRecord[]> {
    return (await this.#ask(routes.faults, routes.faults.answer, { timeoutMs: faultTimeoutMs })).faults;
  }

  /** Lifts a fault, or `all`; resolves to those lifted. */
  async liftFault(parameter: string): Promise<readonly FaultRecord[]> {
    const call = { parameter, timeoutMs: faultTimeoutMs };
    return (await this.#ask(routes.liftFault, routes.liftFault.answer, call)).faults;
  }

  /** The present state as events, then what changes, until the signal or the end of central. */
  events(signal?: AbortSignal): AsyncGenerator<LabEvent> {
    return this.#stream(routes.events, routes.events.stream, { signal });
  }

  async #ask<Schema extends z.ZodType>(route: Route, schema: Schema, call: Call = {}): Promise<z.output<Schema>> {
    return parseAnswer(schema, await textOf(await this.#send(route, call), this.url), this.url);
  }

  async *#stream<Schema extends z.ZodType>(route: Route, schema: Schema, call: Call): AsyncGenerator<z.output<Schema>> {
    let response: IncomingMessage | undefined;
    try {
      response = await this.#send(route, call);
      for await (const line of lines(response)) yield parseAnswer(schema, line, this.url);
    } catch (error) {
      if (call.signal?.aborted) return;
      throw explain(error, this.url);
    } finally {
      response?.destroy();
    }
  }

  async #send(route: Route, call: Call): Promise<IncomingMessage> {
    const query = new URLSearchParams(call.query).toString();
    const url = `${this.url}${routePath(route.path, call.parameter)}${query === "" ? "" : `?${query}`}`;
    const { body, signal } = call;
    const timeoutMs = call.timeoutMs ?? this.#timeoutMs;
    const response = await send({ url, method: route.method, token: this.#token, body, timeoutMs, signal });
    const status = response.statusCode ?? 0;
    if (status >= 200 && status < 300) return response;
    throw answeredError(status, await textOf(response, url), this.url);
  }
}

/** A body as it comes. One that we have cut ourselves has simply ended. */
async function* chunksOf(response: IncomingMessage, url: string, cut: () => boolean): AsyncGenerator<Uint8Array> {
  try {
    yield* response;
  } catch (error) {
    if (!cut()) throw explain(error, url);
  }
}
