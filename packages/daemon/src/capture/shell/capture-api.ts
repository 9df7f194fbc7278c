import { NomadError } from "@nomad/base";
import { captureHeader, captureRequest, routes } from "@nomad/protocol/http";
import type { Hono } from "hono";
import { stream } from "hono/streaming";
import type { Captures } from "./captures.ts";

/** The routes that begin, stream and end captures. */
export function addCaptureRoutes(app: Hono, captures: Captures): void {
  app.get(routes.capture.path, async (c) => {
    const parsed = captureRequest.safeParse(c.req.query());
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new NomadError("E_USAGE", `${issue?.path.join(".") || "the query"}: ${issue?.message}`);
    }
    const capture = await captures.open(parsed.data);
    c.header("content-type", "application/x-pcapng");
    c.header(captureHeader, capture.id);
    return stream(c, async (out) => {
      out.onAbort(() => capture.close());
      await capture.pump((bytes) => out.write(bytes));
    });
  });
  app.delete(routes.endCapture.path, (c) => {
    captures.end(c.req.param("name"));
    return c.json({}, 202);
  });
}
