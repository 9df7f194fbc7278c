import type { RequestListener } from "node:http";

/** Where a daemon says whether it does its work. Anybody may ask: it tells nothing else. */
export const healthPath = "/health";

/** Answers at `healthPath` 200 when healthy and 503 when not (yet); everything else is for `others`. */
export function withHealth(isHealthy: () => boolean, others: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url !== healthPath) return others(request, response);
    request.resume();
    const ok = isHealthy();
    response.writeHead(ok ? 200 : 503, { "content-type": "application/json", connection: "close" });
    response.end(`${JSON.stringify({ ok })}\n`);
  };
}

/** For what is at no path. */
export function notFound(...[request, response]: Parameters<RequestListener>): void {
  request.resume();
  response.writeHead(404, { connection: "close" }).end();
}
