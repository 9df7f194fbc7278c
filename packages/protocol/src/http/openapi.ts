import * as z from "zod";
import {
  createDocument,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
  type ZodOpenApiResponsesObject,
} from "zod-openapi";
import { faultRecord } from "./fault.ts";
import { captureHeader, type Route, routes } from "./routes.ts";
import * as schema from "./schema.ts";

/** What answers are made of, by the name that the document, and clients made from it, give it. */
const named = {
  Status: schema.status,
  Host: schema.host,
  Guest: schema.guest,
  Move: schema.moveRecord,
  GuestReport: schema.guestReport,
  ConnectionReport: schema.connectionReport,
  LogLine: schema.logLine,
  LabEvent: schema.labEvent,
  Fault: faultRecord,
  Failure: schema.failure,
  Error: schema.errorBody,
};
for (const [id, type] of Object.entries(named)) z.globalRegistry.add(type, { id });

const answerOf = ({ answer, stream, media }: Route): ZodOpenApiResponsesObject[`${1 | 2 | 3 | 4 | 5}${string}`] => {
  if (answer) return { description: "done", content: { "application/json": { schema: answer } } };
  if (stream) return { description: "one JSON value a line", content: { "application/x-ndjson": { schema: stream } } };
  const headers = z.object({ [captureHeader]: z.string().meta({ description: "which capture it is, to end it" }) });
  return { description: "bytes, as they come", headers, content: { [media ?? "application/octet-stream"]: {} } };
};

const refusal = (description: string) => ({
  description,
  content: { "application/json": { schema: schema.errorBody } },
});

function operation(name: string, route: Route): ZodOpenApiOperationObject {
  const { tag, summary, query, body, path, success = 200 } = route;
  const parameters = path.includes(":name") ? { path: z.object({ name: z.string() }) } : {};
  return {
    operationId: name,
    tags: [tag],
    summary,
    requestParams: { ...parameters, query },
    ...(body && { requestBody: { required: true, content: { "application/json": { schema: body } } } }),
    responses: {
      [`${success}`]: answerOf(route),
      "4XX": refusal("what was asked for cannot be had"),
      "503": refusal("a host cannot be reached"),
      "504": refusal("no answer in time"),
    },
  };
}

function paths(): ZodOpenApiPathsObject {
  const all: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const [name, route] of Object.entries<Route>(routes)) {
    const path = route.path.replace(":name", "{name}");
    all[path] = { ...all[path], [route.method.toLowerCase()]: operation(name, route) };
  }
  return all;
}

/** The OpenAPI 3.1 document of central's HTTP API, made from `routes`. */
export function openApiDocument(version: string): ReturnType<typeof createDocument> {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Nomad: central's HTTP API",
      version,
      description: "Times are milliseconds, sizes are bytes, pages are 4096 bytes, unless a name says otherwise.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    paths: paths(),
  });
}
