import { Random } from "@nomad/base";
import { openApiDocument, routePath } from "@nomad/protocol/http";
import { generate, type JsonSchema } from "json-schema-faker";
import { expect, test } from "vitest";
import { type SmallLab, smallLab } from "../../../testing/small-lab.ts";

const requests = 150;

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly in: string; readonly name: string; readonly schema: JsonSchema }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: JsonSchema } } };
}

/** Names that are there, that are not, and that are none. */
const names = ["host-a", "host-b", "nobody", "%", "..", "a".repeat(300), "\u0000"];

async function requestOf(
  path: string,
  method: string,
  o: Operation,
  seed: number,
): Promise<{ path: string; init: RequestInit }> {
  const random = new Random(seed);
  const made = (schema: JsonSchema) => generate(schema, { seed, optionalsProbability: 0.5 });
  const query = new URLSearchParams();
  for (const { in: where, name, schema } of o.parameters ?? []) {
    if (where === "query" && random.chance(0.5)) query.set(name, String(await made(schema)));
  }
  const body = o.requestBody && JSON.stringify(await made(o.requestBody.content["application/json"].schema));
  const named = routePath(path.replace("{name}", ":name"), random.pick(names));
  return { path: `${named}?${query}`, init: { method, ...(body && { body }) } };
}

/** Streams are left as soon as they have begun. */
async function statusOf(lab: SmallLab, path: string, init: RequestInit): Promise<number> {
  const leave = new AbortController();
  const { status, body } = await lab.request(path, { ...init, signal: leave.signal });
  await body?.cancel();
  leave.abort();
  return status;
}

test("no request made from the document of the API makes central fail", async () => {
  await using lab = await smallLab(1);
  const document = JSON.parse(JSON.stringify(openApiDocument("test")));
  const operations = Object.entries<Record<string, Operation>>(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const seed = 20_261_122;
  const statuses = new Set<number>();
  for (let i = 0; i < requests; i++) {
    const { path, method, operation } = operations[i % operations.length] as (typeof operations)[number];
    const made = await requestOf(path, method, operation, seed + i);
    const status = await statusOf(lab, made.path, made.init);
    statuses.add(status);
    expect(status, `${method} ${made.path} ${made.init.body ?? ""} (seed ${seed + i})`).toBeLessThan(500);
  }
  expect(statuses).toContain(200);
  expect(statuses).toContain(404);
});
