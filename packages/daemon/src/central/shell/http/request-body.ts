import { NomadError } from "@nomad/base";
import type { Context } from "hono";
import type { ZodType } from "zod";

/** A request's JSON body in its schema. Throws E_USAGE. */
export async function bodyOf<T>(c: Context, schema: ZodType<T>): Promise<T> {
  const json = await c.req.json().catch(() => {
    throw new NomadError("E_USAGE", "the body is not JSON");
  });
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new NomadError("E_USAGE", `${issue?.path.join(".") || "the body"}: ${issue?.message}`);
}
