import type { RequestListener } from "node:http";
import { bearerToken } from "@nomad/protocol/http";
import { collectDefaultMetrics, type Registry } from "prom-client";
import { presentsBearer } from "../../shell/bearer.ts";
import { isLoopback } from "../../shell/loopback.ts";

export const metricsPath = "/metrics";

export interface MetricsAccess {
  /** The address listened on: beyond loopback, the lab's bearer token is asked for. */
  readonly host: string;
  readonly secret: Uint8Array;
}

/** Answers at `metricsPath` in Prometheus's text format, once there is a registry; everything else is for `others`. */
export function withMetrics(
  registry: () => Registry | null,
  access: MetricsAccess,
  others: RequestListener,
): RequestListener {
  const mayRead = isLoopback(access.host) ? () => true : presentsBearer(bearerToken(access.secret));
  return (request, response) => {
    if (request.url !== metricsPath) return others(request, response);
    request.resume();
    if (!mayRead(request.headers.authorization)) {
      return void response.writeHead(401, { "www-authenticate": "Bearer", connection: "close" }).end();
    }
    const register = registry();
    if (register === null) return void response.writeHead(503, { connection: "close" }).end();
    register.metrics().then(
      (text) => response.writeHead(200, { "content-type": register.contentType }).end(text),
      (error: unknown) => response.writeHead(500, { connection: "close" }).end(String(error)),
    );
  };
}

/** Gauges of the library's that are named like counters: checkers of metrics object. */
const misnamed = ["handles", "requests", "resources"].map((what) => `nodejs_active_${what}_total`);

/** Adds what every Node process can tell of itself (memory, CPU time, event loop). */
export function withProcessMetrics(register: Registry): Registry {
  collectDefaultMetrics({ register });
  for (const name of misnamed) register.removeSingleMetric(name);
  return register;
}
