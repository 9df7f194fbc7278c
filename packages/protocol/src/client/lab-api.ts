import { defaults } from "@nomad/base";
import type * as z from "zod";
import type { FaultRecord, FaultRequest } from "../http/fault.ts";
import { captureHeader, type Route, routePath, routes } from "../http/routes.ts";
import type {
  CaptureRequest,
  Guest,
  GuestReport,
  GuestRequest,
  LabEvent,
  LogLine,
  MoveRecord,
  MoveRequest,
  MoveTraffic,
  Status,
} from "../http/schema.ts";
import { answeredError, parseAnswer } from "./answer.ts";
import { lines } from "./ndjson.ts";
import type { ApiAnswer, Transport } from "./transport.ts";

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

type Way = Pick<Route, "method" | "path">;

/** A host that does not answer is waited for, twice where its counts are asked for first. */
const faultTimeoutMs = 3 * defaults.controlRequestMs;

/**
 * Central's HTTP API, typed, whatever carries it. Every call may fail with E_NO_LAB, E_AUTH, E_TIMEOUT, E_UNREACHABLE, E_MESSAGE and with
 * the code that central answers.
 */
export class LabApi {
  readonly #transport: Transport;
  readonly #timeoutMs: number;

  /** `timeoutMs`: of calls that end by themselves. */
  constructor(transport: Transport, timeoutMs: number = defaults.controlRequestMs) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  get url(): string {
    return this.#transport.url;
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
  async move(
    body: MoveRequest,
    options: { readonly wait: boolean; readonly signal?: AbortSignal | undefined } = { wait: false },
  ): Promise<MoveRecord> {
    const query = { wait: String(options.wait) };
    // It ends by itself: central bounds each of its phases, but not its place in the queue.
    const timeoutMs = options.wait ? Number.POSITIVE_INFINITY : this.#timeoutMs;
    const call = { body, query, timeoutMs, signal: options.signal };
    return (await this.#ask(routes.startMove, routes.startMove.answer, call)).move;
  }

  async getMove(parameter: string): Promise<MoveRecord> {
    return (await this.#ask(routes.move, routes.move.answer, { parameter })).move;
  }

  /** What a guest printed; with `follow` until the guest has ended or the signal. */
  logs(parameter: string, options: { follow: boolean; signal?: AbortSignal }): AsyncGenerator<LogLine> {
    const query = { follow: String(options.follow) };
    return this.#stream(routes.logs, routes.logs.stream, { parameter, query, signal: options.signal });
  }

  /** Throughput and round trips of the guest through a move of it; empty where nobody remembers. */
  async moveTraffic(id: string): Promise<MoveTraffic> {
    return (await this.#ask(routes.moveTraffic, routes.moveTraffic.answer, { parameter: id })).traffic;
  }

  /** Begins a capture; resolves when every host concerned captures. */
  async capture(request: CaptureRequest): Promise<RunningCapture> {
    const given = Object.entries(request).filter(([, value]) => value !== undefined);
    const query = Object.fromEntries(given.map(([key, value]) => [key, String(value)]));
    const answer = await this.#send(routes.capture, { query });
    const parameter = answer.header(captureHeader) ?? "";
    const end = () => this.#ask(routes.endCapture, routes.endCapture.answer, { parameter });
    return { chunks: answer.chunks, end: async () => void (await end()), cut: () => answer.close() };
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

  async #ask<Schema extends z.ZodType>(route: Way, schema: Schema, call: Call = {}): Promise<z.output<Schema>> {
    return parseAnswer(schema, await textOf(await this.#send(route, call)), this.url);
  }

  async *#stream<Schema extends z.ZodType>(route: Way, schema: Schema, call: Call): AsyncGenerator<z.output<Schema>> {
    let answer: ApiAnswer | undefined;
    try {
      answer = await this.#send(route, call);
      for await (const line of lines(answer.chunks)) yield parseAnswer(schema, line, this.url);
    } catch (error) {
      if (!call.signal?.aborted) throw error;
    } finally {
      answer?.close();
    }
  }

  async #send(route: Way, call: Call): Promise<ApiAnswer> {
    const { parameter, body, signal, timeoutMs = this.#timeoutMs } = call;
    const query = new URLSearchParams(call.query).toString();
    const path = `${routePath(route.path, parameter)}${query === "" ? "" : `?${query}`}`;
    const answer = await this.#transport.send({ method: route.method, path, body, timeoutMs, signal });
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw answeredError(answer.status, await textOf(answer), this.url);
  }
}

async function textOf({ chunks }: ApiAnswer): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of chunks) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}
