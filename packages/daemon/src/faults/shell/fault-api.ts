import { faultRequest, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import { bodyOf } from "../../central/shell/http/request-body.ts";
import type { FaultDesk } from "../fault-desk.ts";

/** The routes that add, list and lift faults. */
export function addFaultRoutes(app: Hono, faults: FaultDesk): void {
  app.post(routes.addFault.path, async (c) => {
    const fault = await faults.add(await bodyOf(c, faultRequest));
    return c.json({ fault }, 201);
  });
  app.get(routes.faults.path, async (c) => c.json({ faults: await faults.list() }));
  app.delete(routes.liftFault.path, async (c) => c.json({ faults: await faults.lift(c.req.param("name")) }));
}
