import { serveStatic } from "@hono/node-server/serve-static";
import type { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";

const policy = {
  defaultSrc: ["'self'"],
  // Charts and drags set sizes and places by style attributes.
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:"],
  frameAncestors: ["'none'"],
};

/** The dashboard's files, from a directory. They tell nothing of the lab, so anybody may have them. */
export function addDashboard(app: Hono, directory: string): void {
  app.use(secureHeaders({ contentSecurityPolicy: policy }));
  app.get("/*", serveStatic({ root: directory }));
}
