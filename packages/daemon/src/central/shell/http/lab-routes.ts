import { type LabEvent, openApiDocument, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import type { CentralProcess } from "../central-process.ts";
import { follow } from "./ndjson.ts";

/** The routes that tell of the lab as a whole. */
export function addLabRoutes(app: Hono, central: CentralProcess): void {
  const { core } = central;
  app.get(routes.status.path, (c) => c.json(core.status()));
  app.get(routes.events.path, (c) => follow(c, central, presentState(central), (event) => event));
  const document = openApiDocument(core.status().central.version);
  app.get(routes.openApi.path, (c) => c.json(document));
}

function presentState(central: CentralProcess): LabEvent[] {
  const { hosts, guests, moves } = central.core.status();
  return [
    ...hosts.map((host) => ({ type: "host" as const, host })),
    ...guests.map((guest) => ({ type: "guest" as const, guest })),
    ...moves.map((move) => ({ type: "move" as const, move })),
  ];
}
