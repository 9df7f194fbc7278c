import { NomadError } from "@nomad/base";
import { type Kind, layouts, MAD_BYTES, MAD_HEADER_BYTES } from "./layout.ts";

type Fields<K extends Kind> = { readonly [F in keyof (typeof layouts)[K]["fields"]]: number };

/** A message of the connection manager, decoded. */
export type MessageOf<K extends Kind> = K extends Kind
  ? { readonly kind: K; readonly privateData: Uint8Array } & Fields<K>
  : never;
export type Message = MessageOf<Kind>;

const BASE_VERSION = 1;
const CLASS_CM = 7;
const CLASS_VERSION = 2;
const METHOD_SEND = 3;
const ATTRIBUTE_AT = 16;

const kinds = Object.keys(layouts) as Kind[];
const kindOfAttribute = new Map<number, Kind>(kinds.map((kind) => [layouts[kind].attribute, kind]));

/** Bytes of private data that a message of this kind carries. */
export function privateBytesMax(kind: Kind): number {
  return layouts[kind].privateData[1];
}

/** The MAD of a message; fields that are left out are zero. @throws NomadError E_VERB when there is too much private data */
export function encodeMessage<K extends Kind>(
  kind: K,
  fields: Partial<Fields<K>>,
  privateData: Uint8Array = new Uint8Array(),
): Uint8Array {
  const { attribute, fields: layout, privateData: place } = layouts[kind];
  if (privateData.length > place[1]) {
    throw new NomadError("E_VERB", `${privateData.length} bytes of private data: a ${kind} carries ${place[1]}`);
  }
  const mad = Buffer.alloc(MAD_BYTES);
  mad.set([BASE_VERSION, CLASS_CM, CLASS_VERSION, METHOD_SEND]);
  mad.writeUInt16BE(attribute, ATTRIBUTE_AT);
  const values: Readonly<Record<string, number | undefined>> = fields;
  for (const [name, [at, bytes]] of Object.entries(layout)) writeField(mad, at, bytes, values[name] ?? 0);
  mad.set(privateData, MAD_HEADER_BYTES + place[0]);
  return mad;
}

/** The message in a MAD, or null when it is none of the connection manager's. Private data is padded with zeros. */
export function decodeMessage(bytes: Uint8Array): Message | null {
  if (bytes.length !== MAD_BYTES) return null;
  const mad = Buffer.from(bytes);
  const isCm = mad[0] === BASE_VERSION && mad[1] === CLASS_CM && mad[2] === CLASS_VERSION && mad[3] === METHOD_SEND;
  const kind = isCm ? kindOfAttribute.get(mad.readUInt16BE(ATTRIBUTE_AT)) : undefined;
  if (kind === undefined) return null;
  const { fields, privateData } = layouts[kind];
  const values = Object.entries(fields).map(([name, [at, length]]) => [name, readField(mad, at, length)] as const);
  const from = MAD_HEADER_BYTES + privateData[0];
  const message: object = {
    kind,
    ...Object.fromEntries(values),
    privateData: mad.subarray(from, from + privateData[1]),
  };
  // It has the fields of its kind's layout, which its type is made of.
  return message as Message;
}

/** A field of 8 bytes is a number below 2^48 in the lower six. */
function writeField(mad: Buffer, at: number, bytes: number, value: number): void {
  const used = Math.min(bytes, 6);
  mad.writeUIntBE(value, MAD_HEADER_BYTES + at + bytes - used, used);
}

function readField(mad: Buffer, at: number, bytes: number): number {
  const used = Math.min(bytes, 6);
  return mad.readUIntBE(MAD_HEADER_BYTES + at + bytes - used, used);
}
