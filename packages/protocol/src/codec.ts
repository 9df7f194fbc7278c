import { limits, NomadError } from "@nomad/base";
import { Packr } from "msgpackr";
import { z } from "zod";
import { type Message, schemaOf } from "./message.ts";
import { fromVersion, hasKind, toVersion } from "./older-versions.ts";
import { protocolVersion } from "./version.ts";

const packr = new Packr({ useRecords: true, mapsAsObjects: true, int64AsType: "bigint" });
/** Version 1 has no records: each map says its keys. */
const plain = new Packr({ useRecords: false, int64AsType: "bigint" });

/** `version`: the one agreed on with whom it goes to, which must have this kind of message (`hasKind`). */
export function encodeMessage(message: Message, version: number = protocolVersion.current): Uint8Array {
  return (version === 1 ? plain : packr).pack(toVersion(version, message));
}

/**
 * The message in these bytes, in today's form; `version` is the one agreed on with whom they come from. Throws E_TOO_LARGE
 * or E_MESSAGE; nothing of a bad message is used.
 */
export function decodeMessage(bytes: Uint8Array, version: number = protocolVersion.current): Message {
  if (bytes.length > limits.controlBytesMax) {
    throw new NomadError("E_TOO_LARGE", `control message of ${bytes.length} bytes; at most ${limits.controlBytesMax}`);
  }
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch (cause) {
    throw new NomadError("E_MESSAGE", "control message is not msgpack", { cause });
  }
  const { kind, schema } = known(value, version);
  const parsed = schema.safeParse(fromVersion(version, value as Readonly<Record<string, unknown>>));
  if (!parsed.success)
    throw new NomadError("E_MESSAGE", `malformed ${kind}: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  return parsed.data;
}

function known(value: unknown, version: number): { kind: string; schema: z.ZodType<Message> } {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const schema = schemaOf.get(String(kind));
  if (schema && hasKind(version, kind as Message["kind"])) return { kind: String(kind), schema };
  const what = JSON.stringify(kind)?.slice(0, 40);
  throw new NomadError("E_MESSAGE", `control message of unknown kind ${what} in protocol ${version}`);
}
