import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { type ErrorCode, NomadError } from "@nomad/base";
import {
  bearerToken,
  type ErrorBody,
  guestRequest,
  type LabEvent,
  type MoveRecord,
  moveRequest,
  openApiDocument,
  routes,
} from "@nomad/protocol/http";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { stream } from "hono/streaming";
import type { Logger } from "pino";
import { addCaptureRoutes } from "../../capture/shell/capture-api.ts";
import { addFaultRoutes } from "../../faults/shell/fault-api.ts";
import { presentsBearer } from "../../shell/bearer.ts";
import type { CentralProcess } from "./central-process.ts";
import { clock } from "./clock.ts";
import { bodyOf } from "./request-body.ts";

const bodyBytesMax = 256 * 1024;
const keepAliveMs = 10_000;

const statusOf: Partial<Record<ErrorCode, 400 | 401 | 404 | 409 | 413 | 503 | 504>> = {
  E_USAGE: 400,
  E_MESSAGE: 400,
  E_AUTH: 401,
  E_NO_GUEST: 404,
  E_NO_HOST: 404,
  E_IMAGE: 404,
  E_BUSY: 409,
  E_STATE: 409,
  E_TOO_LARGE: 413,
  E_HOST_LOST: 503,
  E_UNREACHABLE: 503,
  E_TIMEOUT: 504,
};

/** The HTTP API (protocol's http/routes.ts) as a request listener. */
export function httpApi(
  central: CentralProcess,
  secret: Uint8Array,
  log: Logger,
): (i: IncomingMessage, o: ServerResponse) => void {
  const app = new Hono();
  app.use(authorize(bearerToken(secret)));
  app.use(
    bodyLimit({
      maxSize: bodyBytesMax,
      onError: () => fail(new NomadError("E_TOO_LARGE", `at most ${bodyBytesMax} bytes`)),
    }),
  );
  app.onError((error) => {
    if (!(error instanceof NomadError)) log.error(error);
    return fail(error instanceof NomadError ? error : new NomadError("E_INTERNAL", error.message, { cause: error }));
  });
  app.notFound((c) => fail(new NomadError("E_STATE", `there is nothing at ${c.req.method} ${c.req.path}`), 404));
  addGuestRoutes(app, central);
  addMoveRoutes(app, central);
  addCaptureRoutes(app, central.captures);
  addFaultRoutes(app, central.faults);
  app.get(routes.status.path, (c) => c.json(central.core.status()));
  const document = openApiDocument(central.core.status().central.version);
  app.get(routes.openApi.path, (c) => c.json(document));
  app.get(routes.events.path, (c) => ndjson(c, central, presentState(central), () => true));
  const listener = getRequestListener(app.fetch);
  return (incoming, outgoing) => void listener(incoming, outgoing);
}

function authorize(token: string) {
  const isValid = presentsBearer(token);
  return async (c: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    if (!isValid(c.req.header("authorization"))) {
      return fail(new NomadError("E_AUTH", "no valid bearer token: the secret is not the same on both sides"));
    }
    await next();
    return undefined;
  };
}

function fail(error: NomadError, status?: number): Response {
  const body: ErrorBody = { error: { code: error.code, message: error.message, nextStep: error.nextStep } };
  return Response.json(body, { status: status ?? statusOf[error.code] ?? 500 });
}

function addGuestRoutes(app: Hono, central: CentralProcess): void {
  const { core } = central;
  app.post(routes.runGuest.path, async (c) => {
    const { name, image, host, arguments: args } = await bodyOf(c, guestRequest);
    const spec = { name, image, host: host ?? null, arguments: args };
    const guest = await outcome((done) => core.boot(spec, clock(), done), central);
    return c.json({ guest }, 201);
  });
  app.delete(routes.stopGuest.path, async (c) => {
    const force = c.req.query("force") === "true";
    const guest = await outcome((done) => core.end(c.req.param("name"), force, clock(), done), central);
    return c.json({ guest }, 202);
  });
  app.get(routes.report.path, (c) => c.json(core.directory.guest(c.req.param("name")).report));
  app.get(routes.logs.path, (c) => {
    const guest = core.directory.guest(c.req.param("name"));
    const follow = c.req.query("follow") === "true";
    if (follow)
      return ndjson(c, central, guest.log, (event) => event.type === "log" && event.guest === guest.name, withoutType);
    return new Response(lines(guest.log), { headers: ndjsonHeaders });
  });
}

function withoutType({ type: _, ...line }: LabEvent): object {
  return line;
}

function addMoveRoutes(app: Hono, central: CentralProcess): void {
  const { core } = central;
  app.post(routes.startMove.path, async (c) => {
    const { guest, to = null, protocol, inject = null } = await bodyOf(c, moveRequest);
    const wanted = { guest, to, protocol, inject, token: randomUUID() };
    if (c.req.query("wait") !== "true") {
      const move = core.startMove(wanted, clock());
      central.turn();
      return c.json({ move }, 202);
    }
    const move = await outcome<MoveRecord>((done) => core.startMove(wanted, clock(), done), central);
    return c.json({ move }, 202);
  });
  app.get(routes.move.path, (c) => c.json({ move: core.move(c.req.param("name")) }));
}

/** What the core answers by callback, as a promise. */
function outcome<T>(ask: (done: (result: T | NomadError) => void) => void, central: CentralProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((result) => (result instanceof NomadError ? reject(result) : resolve(result)));
    central.turn();
  });
}

function presentState(central: CentralProcess): LabEvent[] {
  const { hosts, guests, moves } = central.core.status();
  return [
    ...hosts.map((host) => ({ type: "host" as const, host })),
    ...guests.map((guest) => ({ type: "guest" as const, guest })),
    ...moves.map((move) => ({ type: "move" as const, move })),
  ];
}

const ndjsonHeaders = { "content-type": "application/x-ndjson" };
const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** One JSON value a line: what is there, then what comes, until the other side goes. */
function ndjson(
  c: Context,
  central: CentralProcess,
  first: readonly object[],
  wanted: (event: LabEvent) => boolean,
  form: (event: LabEvent) => object = (event) => event,
): Response {
  c.header("content-type", "application/x-ndjson");
  return stream(c, async (out) => {
    const keepAlive = setInterval(() => void out.write("\n"), keepAliveMs);
    const gone = new Promise<void>((resolve) => out.onAbort(resolve));
    const unwatch = central.watch((event) => {
      if (wanted(event)) void out.write(lines([form(event)]));
    });
    void out.write(lines(first));
    await gone;
    clearInterval(keepAlive);
    unwatch();
  });
}
