import { openApiDocument } from "@nomad/protocol/http";
import { type JsonSchema, shapeOf } from "./json-shape.ts";
import { headOf, type Page } from "./page.ts";

interface Parameter {
  readonly in: string;
  readonly name: string;
  readonly schema: JsonSchema;
}
interface Body {
  readonly content: Readonly<Record<string, { readonly schema?: JsonSchema }>>;
}
interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  readonly responses: Readonly<Record<string, Body>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

const about = `Central serves it, and the command line and the dashboard use nothing else. Requests present the lab's bearer token,
\`Authorization: Bearer TOKEN\`; on loopback reading needs none ([who may look, who may change](../dashboard.md#who-may-look-who-may-change)).
\`GET /v1/openapi.json\` answers this as an OpenAPI 3.1 document. A failure answers with a status of 4xx or 5xx and an \`Error\`, whose code is one of
[these](errors.md). Streams are one JSON value a line until either side closes; blank lines keep an idle one alive and mean nothing.
Times are milliseconds, sizes are bytes, pages are 4096 bytes, unless a name says otherwise.
TypeScript programs use [the typed client](client.md).`;

const typed = (types: readonly (readonly [string, JsonSchema])[]) => {
  const shapes = types.map(([name, schema]) => `type ${name} = ${shapeOf(schema)};`);
  const text = shapes.join("\n\n").replaceAll(" \n", "\n");
  return ["", "```ts", text, "```"];
};

function queryOf({ parameters = [] }: Operation): string[] {
  const query = parameters.filter((parameter) => parameter.in === "query");
  return query.length === 0 ? [] : ["", "Query:", "", ...query.map((p) => `- \`${p.name}\`: \`${shapeOf(p.schema)}\``)];
}

function bodyOf({ requestBody }: Operation): string[] {
  const schema = requestBody?.content["application/json"]?.schema;
  return schema ? typed([["Body", schema]]) : [];
}

function answerOf({ responses }: Operation): string[] {
  const [status = "", body] = Object.entries(responses).find(([status]) => status.startsWith("2")) ?? [];
  const [media = "", { schema } = {}] = Object.entries(body?.content ?? {})[0] ?? [];
  const what = media === "application/json" ? "" : `, \`${media}\``;
  return ["", `Answers ${status}${what}${schema ? ":" : "."}`, ...(schema ? typed([["Answer", schema]]) : [])];
}

function section(path: string, method: string, operation: Operation): string {
  const { operationId, summary } = operation;
  const heads = [`### ${operationId}`, "", `\`${method.toUpperCase()} ${path}\`: ${summary}`];
  return [...heads, ...queryOf(operation), ...bodyOf(operation), ...answerOf(operation)].join("\n");
}

function text(): string {
  const { paths, components } = JSON.parse(JSON.stringify(openApiDocument("any"))) as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = Map.groupBy(operations, ({ operation }) => operation.tags[0] ?? "");
  return [
    headOf("Central's HTTP API", "packages/protocol/src/http"),
    "",
    about,
    ...[...groups].flatMap(([tag, members]) => [
      "",
      `## ${tag}`,
      ...members.flatMap(({ path, method, operation }) => ["", section(path, method, operation)]),
    ]),
    "",
    "## What answers are made of",
    ...typed(Object.entries(components.schemas)),
    "",
  ].join("\n");
}

export const httpPage: Page = { path: "reference/http.md", text };
