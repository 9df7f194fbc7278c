import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { NomadError } from "@nomad/base";
import { bearerToken } from "@nomad/protocol/http";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Logger } from "pino";
import { addCaptureRoutes } from "../../../capture/shell/capture-api.ts";
import { addFaultRoutes } from "../../../faults/shell/fault-api.ts";
import { Logins } from "../../logins.ts";
import { guardAccess } from "./access.ts";
import { addDashboard } from "./dashboard-routes.ts";
import { failure, failureOf } from "./failure.ts";
import { addGuestRoutes } from "./guest-routes.ts";
import { addLabRoutes } from "./lab-routes.ts";
import { addLoginRoutes } from "./login-routes.ts";
import { addMoveRoutes } from "./move-routes.ts";
import type { ServedCentral } from "./served-central.ts";

const bodyBytesMax = 256 * 1024;

export interface HttpApiOptions {
  /** The address that central listens on. */
  readonly host: string;
  readonly secret: Uint8Array;
  readonly log: Logger;
  /** The dashboard's files; none without. */
  readonly dashboard?: string;
}

/** The HTTP API (protocol's http/routes.ts) and the dashboard as a request listener. */
export function httpApi(central: ServedCentral, o: HttpApiOptions): (i: IncomingMessage, o: ServerResponse) => void {
  const app = new Hono();
  const logins = new Logins(() => randomBytes(32).toString("base64url"));
  app.use("/v1/*", guardAccess({ token: bearerToken(o.secret), logins, host: o.host }));
  const tooLarge = new NomadError("E_TOO_LARGE", `at most ${bodyBytesMax} bytes`);
  app.use(bodyLimit({ maxSize: bodyBytesMax, onError: () => failure(tooLarge) }));
  app.onError((error) => failureOf(error, o.log));
  app.notFound((c) => failure(new NomadError("E_STATE", `there is nothing at ${c.req.method} ${c.req.path}`), 404));
  addLabRoutes(app, central);
  addGuestRoutes(app, central);
  addMoveRoutes(app, central);
  addCaptureRoutes(app, central.captures);
  addFaultRoutes(app, central.faults);
  addLoginRoutes(app, logins);
  if (o.dashboard !== undefined) addDashboard(app, o.dashboard);
  const listener = getRequestListener(app.fetch);
  return (incoming, outgoing) => void listener(incoming, outgoing);
}
