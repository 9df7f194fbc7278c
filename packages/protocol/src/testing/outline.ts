import { z } from "zod";

interface Node {
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** What a message may hold, by field, in one line each: names and types, without bounds. */
export function outline(schema: z.ZodType): Record<string, string> {
  const { properties: { kind: _, ...properties } = {}, required = [] } = z.toJSONSchema(schema, {
    unrepresentable: "any",
  }) as Node;
  return fieldsOf(properties, required);
}

function fieldsOf(properties: NonNullable<Node["properties"]>, required: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, node]) => [name, `${text(node)}${required.includes(name) ? "" : "?"}`]),
  );
}

function text(node: Node): string {
  if ("const" in node) return JSON.stringify(node.const);
  // Codes of errors come and go without a version: one that is not known is read as another.
  if (node.enum?.includes("E_INTERNAL")) return "code";
  if (node.enum) return node.enum.join("|");
  const choices = node.anyOf ?? node.oneOf;
  if (choices) return choices.map(text).join("|");
  if (node.items) return `[${text(node.items)}]`;
  if (node.properties) {
    const fields = Object.entries(fieldsOf(node.properties, node.required ?? []));
    return `{${fields.map(([name, of]) => `${name}:${of}`).join(",")}}`;
  }
  if (node.additionalProperties) return `{*:${text(node.additionalProperties)}}`;
  return [node.type ?? "any"].flat().join("|");
}
