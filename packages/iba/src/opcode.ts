import {
  type HeaderName,
  headerBytes,
  type OpcodeRow,
  opcodeRows,
  type Position,
  type Transport,
} from "./opcode-table.ts";

export * from "./opcode-table.ts";

/** A packet's opcode and all that follows from it; header offsets are derived from the ordered list of headers. */
export interface Opcode extends OpcodeRow {
  /** Is the packet the first, is it the last of its message? */
  readonly begins: boolean;
  readonly ends: boolean;
  /** BTH included. */
  readonly headers: readonly HeaderName[];
  /** Bytes of all headers: where the payload starts. */
  readonly headerBytes: number;
  /** Where each header starts, from the BTH; only those in `headers`. */
  readonly at: Readonly<Partial<Record<HeaderName, number>>>;
  readonly immediate: boolean;
  readonly invalidate: boolean;
}

/** Every opcode known, by its code. */
export const opcodes: readonly (Opcode | undefined)[] = buildTable();

/** The opcode of a code that is in the table. */
export function opcodeOf(code: number): Opcode {
  const opcode = opcodes[code];
  if (opcode === undefined) throw new Error(`broken invariant: no opcode ${code}`);
  return opcode;
}

/** What the last packet of a message carries besides its data. */
export type Trailer = "plain" | "immediate" | "invalidate";

const segments = new Map<string, Opcode>();
for (const opcode of opcodes) {
  if (opcode === undefined || opcode.role !== "request") continue;
  const { transport, operation, position, immediate, invalidate } = opcode;
  const trailer: Trailer = immediate ? "immediate" : invalidate ? "invalidate" : "plain";
  segments.set(segmentName(transport, operation, position, trailer), opcode);
}

/** One message's opcodes by position: made once for each kind of message, so that a packet costs one look-up. */
export type Segments = Readonly<Record<Position, Opcode>>;

/** The opcodes of a SEND or RDMA WRITE, or null when the transport has no such message. */
export function segmentsOf(transport: Transport, operation: "send" | "write", trailer: Trailer): Segments | null {
  const only = segments.get(segmentName(transport, operation, "only", trailer));
  if (only === undefined) return null;
  const of = (position: Position, with_: Trailer) =>
    segments.get(segmentName(transport, operation, position, with_)) ?? only;
  return { first: of("first", "plain"), middle: of("middle", "plain"), last: of("last", trailer), only };
}

function segmentName(transport: number, operation: string, position: Position, trailer: Trailer): string {
  return `${transport} ${operation} ${position} ${trailer}`;
}

const readResponses = Object.fromEntries(
  opcodes.flatMap((opcode) => {
    return opcode?.role === "response" && opcode.operation === "read" ? [[opcode.position, opcode]] : [];
  }),
) as Readonly<Record<Position, Opcode>>;

/** The opcode of one segment of a READ response. */
export function readResponseOpcode(position: Position): Opcode {
  return readResponses[position];
}

/** Which part of a message a packet is. */
export function positionOf(begins: boolean, ends: boolean): Position {
  if (begins) return ends ? "only" : "first";
  return ends ? "last" : "middle";
}

function buildTable(): (Opcode | undefined)[] {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const row of opcodeRows) table[row.code] = build(row);
  return table;
}

function build(row: OpcodeRow): Opcode {
  const headers: readonly HeaderName[] = ["bth", ...row.headers];
  const at: Partial<Record<HeaderName, number>> = {};
  let bytes = 0;
  for (const header of headers) {
    at[header] = bytes;
    bytes += headerBytes[header];
  }
  return {
    ...row,
    begins: row.position === "first" || row.position === "only",
    ends: row.position === "last" || row.position === "only",
    headers,
    headerBytes: bytes,
    at,
    immediate: headers.includes("immDt"),
    invalidate: headers.includes("ieth"),
  };
}
