import { randomUUID } from "node:crypto";
import type { MovePlan } from "@nomad/protocol";
import { type MoveRecord, type MoveRequest, moveRequest, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import { outcome } from "./outcome.ts";
import { bodyOf } from "./request-body.ts";
import type { ServedCentral } from "./served-central.ts";

/** The routes that start moves and tell of them. */
export function addMoveRoutes(app: Hono, central: ServedCentral): void {
  const { core } = central;
  app.post(routes.startMove.path, async (c) => {
    const wanted = planOf(await bodyOf(c, moveRequest));
    if (c.req.query("wait") !== "true") {
      const move = core.startMove(wanted, central.now());
      central.turn();
      return c.json({ move }, 202);
    }
    const move = await outcome<MoveRecord>((done) => core.startMove(wanted, central.now(), done), central);
    return c.json({ move }, 202);
  });
  app.get(routes.move.path, (c) => c.json({ move: core.move(c.req.param("name")) }));
  app.get(routes.moveTraffic.path, async (c) =>
    c.json({ traffic: await central.traffics.of(core.move(c.req.param("name"))) }),
  );
}

function planOf(request: MoveRequest): MovePlan {
  const { guest, to = null, inject = null, protocol = "nomad" } = request;
  const { bandwidth = null, onDivergence = "stop", presetup = true, strict = false, force = false } = request;
  const ways = { protocol, bytesPerSecondMax: bandwidth, onDivergence, presetup, strict, force };
  return { guest, to, inject, ways, token: randomUUID() };
}
