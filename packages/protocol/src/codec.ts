import { limits, NomadError } from "@nomad/base";
import { Packr } from "msgpackr";
import { z } from "zod";
import { type Message, schemaOf } from "./message.ts";

const packr = new Packr({ useRecords: true, mapsAsObjects: true, int64AsType: "bigint" });

export function encodeMessage(message: Message): Uint8Array {
  return packr.pack(message);
}

/** The message in these bytes. Throws E_TOO_LARGE or E_MESSAGE; nothing of a bad message is used. */
export function decodeMessage(bytes: Uint8Array): Message {
  if (bytes.length > limits.controlBytesMax) {
    throw new NomadError("E_TOO_LARGE", `control message of ${bytes.length} bytes; at most ${limits.controlBytesMax}`);
  }
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch (cause) {
    throw new NomadError("E_MESSAGE", "control message is not msgpack", { cause });
  }
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  const schema = schemaOf.get(String(kind));
  if (!schema)
    throw new NomadError("E_MESSAGE", `control message of unknown kind ${JSON.stringify(kind)?.slice(0, 40)}`);
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new NomadError("E_MESSAGE", `malformed ${kind}: ${z.prettifyError(parsed.error).slice(0, 300)}`);
  return parsed.data;
}
