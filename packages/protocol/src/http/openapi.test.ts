import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { openApiDocument } from "./openapi.ts";
import { type Route, routes } from "./routes.ts";

const document = JSON.parse(JSON.stringify(openApiDocument("1.2.3")));

test("the document of the HTTP API is valid OpenAPI", async () => {
  const { valid, errors } = await new Validator().validate(document);
  expect(errors).toBeUndefined();
  expect(valid).toBe(true);
});

test("every route is in the document, with its method, its parameters and what it answers", () => {
  for (const [name, route] of Object.entries<Route>(routes)) {
    const operation = document.paths[route.path.replace(":name", "{name}")][route.method.toLowerCase()];
    expect(operation.operationId).toBe(name);
    expect(operation.parameters?.some((p: { in: string }) => p.in === "path") ?? false).toBe(
      route.path.includes(":name"),
    );
    expect(operation.requestBody !== undefined).toBe(route.body !== undefined);
    expect(Object.keys(operation.responses)).toContain(`${route.success ?? 200}`);
  }
});
