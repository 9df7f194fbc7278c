import { guestRequest, hasEnded, type LabEvent, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import { follow, ndjson } from "./ndjson.ts";
import { outcome } from "./outcome.ts";
import { bodyOf } from "./request-body.ts";
import type { ServedCentral } from "./served-central.ts";

/** The routes that start and stop guests, and tell what they said. */
export function addGuestRoutes(app: Hono, central: ServedCentral): void {
  const { core } = central;
  app.post(routes.runGuest.path, async (c) => {
    const { name, image, host, arguments: args } = await bodyOf(c, guestRequest);
    const spec = { name, image, host: host ?? null, arguments: args };
    const guest = await outcome((done) => core.boot(spec, central.now(), done), central);
    return c.json({ guest }, 201);
  });
  app.delete(routes.stopGuest.path, async (c) => {
    const force = c.req.query("force") === "true";
    const guest = await outcome((done) => core.end(c.req.param("name"), force, central.now(), done), central);
    return c.json({ guest }, 202);
  });
  app.get(routes.report.path, (c) => c.json(core.directory.guest(c.req.param("name")).report));
  app.get(routes.logs.path, (c) => {
    const guest = core.directory.guest(c.req.param("name"));
    if (c.req.query("follow") !== "true" || hasEnded(guest)) return ndjson(guest.log);
    return follow(
      c,
      central,
      guest.log,
      (event) => lineOf(event, guest.name),
      (event) => event.type === "guest" && event.guest.name === guest.name && hasEnded(event.guest),
    );
  });
}

function lineOf(event: LabEvent, guest: string): object | null {
  if (event.type !== "log" || event.guest !== guest) return null;
  const { type: _, ...line } = event;
  return line;
}
