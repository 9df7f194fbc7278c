import type { LabEvent } from "@nomad/protocol/http";
import type { Context } from "hono";
import { stream } from "hono/streaming";
import type { ServedCentral } from "./served-central.ts";

const keepAliveMs = 10_000;
const contentType = "application/x-ndjson";
const lines = (values: readonly object[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join("");

/** One JSON value a line. */
export function ndjson(values: readonly object[]): Response {
  return new Response(lines(values), { headers: { "content-type": contentType } });
}

/**
 * What is there, then what comes, until the other side goes or (`until`) nothing more is to come. `form`: what is shown of
 * an event; null passes it over.
 */
export function follow(
  c: Context,
  central: ServedCentral,
  first: readonly object[],
  form: (event: LabEvent) => object | null,
  until: (event: LabEvent) => boolean = () => false,
): Response {
  c.header("content-type", contentType);
  return stream(c, async (out) => {
    const keepAlive = setInterval(() => void out.write("\n"), keepAliveMs);
    const { promise: gone, resolve: leave } = Promise.withResolvers<void>();
    out.onAbort(leave);
    const unwatch = central.watch((event) => {
      const shown = form(event);
      if (shown !== null) void out.write(lines([shown]));
      if (until(event)) leave();
    });
    void out.write(lines(first));
    await gone;
    clearInterval(keepAlive);
    unwatch();
  });
}
