import { type ErrorCode, errorCodes, NomadError } from "@nomad/base";
import type * as z from "zod";
import { errorBody } from "../http/schema.ts";

/** Reads one JSON value of central's. Fails with E_MESSAGE, naming who sent it, when it is not what the schema says. */
export function parseAnswer<Schema extends z.ZodType>(schema: Schema, text: string, from: string): z.output<Schema> {
  const result = schema.safeParse(parseJson(text, from));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  throw new NomadError(
    "E_MESSAGE",
    `${from} answered what this version cannot read: ${issue?.path.join(".")}: ${issue?.message}`,
  );
}

/** The error that an answer with a status of 4xx or 5xx stands for. */
export function answeredError(status: number, text: string, from: string): NomadError {
  const body = errorBody.safeParse(tryJson(text));
  if (body.success) {
    const { code, message } = body.data.error;
    return isErrorCode(code) ? new NomadError(code, message) : new NomadError("E_INTERNAL", `${code}: ${message}`);
  }
  if (status === 401 || status === 403) return new NomadError("E_AUTH", `${from} refuses this secret`);
  return new NomadError("E_MESSAGE", `${from} answered with HTTP status ${status}: is it a lab?`);
}

/** A code of a failure that arrived as text; one of a newer version is internal to us. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code);
}

function parseJson(text: string, from: string): unknown {
  const value = tryJson(text);
  if (value === undefined) throw new NomadError("E_MESSAGE", `${from} answered what is not JSON: is it a lab?`);
  return value;
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
