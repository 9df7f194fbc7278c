import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { NomadError } from "@nomad/base";
import { bearerToken } from "@nomad/protocol/http";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import { addCaptureRoutes } from "../../../capture/shell/capture-api.ts";
import { addFaultRoutes } from "../../../faults/shell/fault-api.ts";
import { presentsBearer } from "../../../shell/bearer.ts";
import type { CentralProcess } from "../central-process.ts";
import { failure, failureOf } from "./failure.ts";
import { addGuestRoutes } from "./guest-routes.ts";
import { addLabRoutes } from "./lab-routes.ts";
import { addMoveRoutes } from "./move-routes.ts";

const bodyBytesMax = 256 * 1024;

/** The HTTP API (protocol's http/routes.ts) as a request listener. */
export function httpApi(
  central: CentralProcess,
  secret: Uint8Array,
  log: Logger,
): (i: IncomingMessage, o: ServerResponse) => void {
  const app = new Hono();
  app.use(authorize(bearerToken(secret)));
  const tooLarge = new NomadError("E_TOO_LARGE", `at most ${bodyBytesMax} bytes`);
  app.use(bodyLimit({ maxSize: bodyBytesMax, onError: () => failure(tooLarge) }));
  app.onError((error) => failureOf(error, log));
  app.notFound((c) => failure(new NomadError("E_STATE", `there is nothing at ${c.req.method} ${c.req.path}`), 404));
  addLabRoutes(app, central);
  addGuestRoutes(app, central);
  addMoveRoutes(app, central);
  addCaptureRoutes(app, central.captures);
  addFaultRoutes(app, central.faults);
  const listener = getRequestListener(app.fetch);
  return (incoming, outgoing) => void listener(incoming, outgoing);
}

function authorize(token: string) {
  const isValid = presentsBearer(token);
  return async (c: Context, next: () => Promise<void>): Promise<Response | undefined> => {
    if (!isValid(c.req.header("authorization"))) {
      return failure(new NomadError("E_AUTH", "no valid bearer token: the secret is not the same on both sides"));
    }
    await next();
    return undefined;
  };
}
