/** The parts of JSON Schema that the API's document has. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
}

/** A schema as TypeScript would write the type; others are called by their names. */
export function shapeOf(schema: JsonSchema, indent = ""): string {
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  const either = schema.anyOf ?? schema.oneOf;
  if (either) return unionShape(either, indent);
  if (schema.items) return `(${shapeOf(schema.items, indent)})[]`.replace(/^\((\w+)\)/, "$1");
  if (schema.type === "object") return objectShape(schema, indent);
  return [schema.type ?? "unknown"].flat().join(" | ").replace("integer", "number");
}

function unionShape(either: readonly JsonSchema[], indent: string): string {
  if (either.every(({ properties }) => properties === undefined))
    return either.map((one) => shapeOf(one, indent)).join(" | ");
  return either.map((one) => `\n${indent}  | ${shapeOf(one, `${indent}    `)}`).join("");
}

function objectShape({ properties = {}, required = [], additionalProperties }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const fields = Object.entries(properties).map(
    ([name, schema]) => `${inner}${name}${required.includes(name) ? "" : "?"}: ${shapeOf(schema, inner)};`,
  );
  if (typeof additionalProperties === "object" && fields.length === 0) {
    return `Record<string, ${shapeOf(additionalProperties, indent)}>`;
  }
  return fields.length === 0 ? "object" : `{\n${fields.join("\n")}\n${indent}}`;
}
