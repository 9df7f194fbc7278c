import { type LabEvent, openApiDocument, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import { follow } from "./ndjson.ts";
import type { ServedCentral } from "./served-central.ts";

/** The routes that tell of the lab as a whole. */
export function addLabRoutes(app: Hono, central: ServedCentral): void {
  const { core } = central;
  app.get(routes.status.path, (c) => c.json(core.status()));
  app.get(routes.events.path, (c) => follow(c, central, presentState(central), (event) => event));
  const document = openApiDocument(core.status().central.version);
  app.get(routes.openApi.path, (c) => c.json(document));
}

function presentState(central: ServedCentral): LabEvent[] {
  const { hosts, guests, moves } = central.core.status();
  return [
    ...hosts.map((host) => ({ type: "host" as const, host })),
    ...guests.map((guest) => ({ type: "guest" as const, guest })),
    ...moves.map((move) => ({ type: "move" as const, move })),
  ];
}
