// The packet opcodes as data (IBA 9.2, table 38). The transport is in the upper three bits of a code, the operation in
// the lower five; header offsets are derived from the ordered list of headers.

/** Bytes of each header. */
export const headerBytes = {
  bth: 12,
  deth: 8,
  reth: 16,
  aeth: 4,
  atomicEth: 28,
  atomicAckEth: 8,
  immDt: 4,
  ieth: 4,
} as const;

export type HeaderName = keyof typeof headerBytes;
export type Operation = "send" | "write" | "read" | "atomic" | "ack";
export type Position = "first" | "middle" | "last" | "only";
/** Payload allowed: nothing; exactly the path MTU; 1 to path MTU; 0 to path MTU bytes. */
export type PayloadRule = "none" | "full" | "some" | "any";

export interface Opcode {
  readonly code: number;
  readonly name: string;
  readonly role: "request" | "response";
  readonly operation: Operation;
  /** Which part of its message the packet is. */
  readonly position: Position;
  readonly begins: boolean;
  readonly ends: boolean;
  readonly headers: readonly HeaderName[];
  /** Bytes of all headers: where the payload starts. */
  readonly headerBytes: number;
  /** Where each header starts, from the BTH; only those in `headers`. */
  readonly at: Readonly<Partial<Record<HeaderName, number>>>;
  readonly payload: PayloadRule;
  readonly immediate: boolean;
}

type Row = readonly [
  code: number,
  name: string,
  operation: Operation,
  position: Position,
  headers: readonly HeaderName[],
  payload: PayloadRule,
];

export const RC_SEND_FIRST = 0x00;
export const RC_SEND_MIDDLE = 0x01;
export const RC_SEND_LAST = 0x02;
export const RC_SEND_LAST_IMM = 0x03;
export const RC_SEND_ONLY = 0x04;
export const RC_SEND_ONLY_IMM = 0x05;
export const RC_WRITE_FIRST = 0x06;
export const RC_WRITE_MIDDLE = 0x07;
export const RC_WRITE_LAST = 0x08;
export const RC_WRITE_LAST_IMM = 0x09;
export const RC_WRITE_ONLY = 0x0a;
export const RC_WRITE_ONLY_IMM = 0x0b;
export const RC_READ_REQUEST = 0x0c;
export const RC_READ_RESPONSE_FIRST = 0x0d;
export const RC_READ_RESPONSE_MIDDLE = 0x0e;
export const RC_READ_RESPONSE_LAST = 0x0f;
export const RC_READ_RESPONSE_ONLY = 0x10;
export const RC_ACK = 0x11;
export const RC_ATOMIC_ACK = 0x12;
export const RC_COMPARE_SWAP = 0x13;
export const RC_FETCH_ADD = 0x14;

const requests: readonly Row[] = [
  [RC_SEND_FIRST, "RC SEND First", "send", "first", ["bth"], "full"],
  [RC_SEND_MIDDLE, "RC SEND Middle", "send", "middle", ["bth"], "full"],
  [RC_SEND_LAST, "RC SEND Last", "send", "last", ["bth"], "some"],
  [RC_SEND_LAST_IMM, "RC SEND Last with Immediate", "send", "last", ["bth", "immDt"], "some"],
  [RC_SEND_ONLY, "RC SEND Only", "send", "only", ["bth"], "any"],
  [RC_SEND_ONLY_IMM, "RC SEND Only with Immediate", "send", "only", ["bth", "immDt"], "any"],
  [RC_WRITE_FIRST, "RC RDMA WRITE First", "write", "first", ["bth", "reth"], "full"],
  [RC_WRITE_MIDDLE, "RC RDMA WRITE Middle", "write", "middle", ["bth"], "full"],
  [RC_WRITE_LAST, "RC RDMA WRITE Last", "write", "last", ["bth"], "some"],
  [RC_WRITE_LAST_IMM, "RC RDMA WRITE Last with Immediate", "write", "last", ["bth", "immDt"], "some"],
  [RC_WRITE_ONLY, "RC RDMA WRITE Only", "write", "only", ["bth", "reth"], "any"],
  [RC_WRITE_ONLY_IMM, "RC RDMA WRITE Only with Immediate", "write", "only", ["bth", "reth", "immDt"], "any"],
  [RC_READ_REQUEST, "RC RDMA READ Request", "read", "only", ["bth", "reth"], "none"],
  [RC_COMPARE_SWAP, "RC CmpSwap", "atomic", "only", ["bth", "atomicEth"], "none"],
  [RC_FETCH_ADD, "RC FetchAdd", "atomic", "only", ["bth", "atomicEth"], "none"],
];

const responses: readonly Row[] = [
  [RC_READ_RESPONSE_FIRST, "RC RDMA READ Response First", "read", "first", ["bth", "aeth"], "full"],
  [RC_READ_RESPONSE_MIDDLE, "RC RDMA READ Response Middle", "read", "middle", ["bth"], "full"],
  [RC_READ_RESPONSE_LAST, "RC RDMA READ Response Last", "read", "last", ["bth", "aeth"], "some"],
  [RC_READ_RESPONSE_ONLY, "RC RDMA READ Response Only", "read", "only", ["bth", "aeth"], "any"],
  [RC_ACK, "RC Acknowledge", "ack", "only", ["bth", "aeth"], "none"],
  [RC_ATOMIC_ACK, "RC ATOMIC Acknowledge", "atomic", "only", ["bth", "aeth", "atomicAckEth"], "none"],
];

/** Every opcode known, by its code. */
export const opcodes: readonly (Opcode | undefined)[] = buildTable();

/** The opcode of a code that is in the table. */
export function opcodeOf(code: number): Opcode {
  const opcode = opcodes[code];
  if (opcode === undefined) throw new Error(`broken invariant: no opcode ${code}`);
  return opcode;
}

/** Codes of SEND and RDMA WRITE by position; `[plain, with immediate]`. */
const segments: Readonly<Record<"send" | "write", Readonly<Record<Position, readonly [number, number]>>>> = {
  send: {
    first: [RC_SEND_FIRST, RC_SEND_FIRST],
    middle: [RC_SEND_MIDDLE, RC_SEND_MIDDLE],
    last: [RC_SEND_LAST, RC_SEND_LAST_IMM],
    only: [RC_SEND_ONLY, RC_SEND_ONLY_IMM],
  },
  write: {
    first: [RC_WRITE_FIRST, RC_WRITE_FIRST],
    middle: [RC_WRITE_MIDDLE, RC_WRITE_MIDDLE],
    last: [RC_WRITE_LAST, RC_WRITE_LAST_IMM],
    only: [RC_WRITE_ONLY, RC_WRITE_ONLY_IMM],
  },
};

/** The opcode of one segment of a SEND or RDMA WRITE. */
export function segmentOpcode(operation: "send" | "write", position: Position, immediate: boolean): Opcode {
  return opcodeOf(segments[operation][position][immediate ? 1 : 0]);
}

const readResponses: Readonly<Record<Position, number>> = {
  first: RC_READ_RESPONSE_FIRST,
  middle: RC_READ_RESPONSE_MIDDLE,
  last: RC_READ_RESPONSE_LAST,
  only: RC_READ_RESPONSE_ONLY,
};

/** The opcode of one segment of a READ response. */
export function readResponseOpcode(position: Position): Opcode {
  return opcodeOf(readResponses[position]);
}

/** Which part of a message a packet is. */
export function positionOf(begins: boolean, ends: boolean): Position {
  if (begins) return ends ? "only" : "first";
  return ends ? "last" : "middle";
}

function buildTable(): (Opcode | undefined)[] {
  const table = new Array<Opcode | undefined>(256).fill(undefined);
  for (const row of requests) table[row[0]] = build("request", row);
  for (const row of responses) table[row[0]] = build("response", row);
  return table;
}

function build(role: Opcode["role"], [code, name, operation, position, headers, payload]: Row): Opcode {
  const at: Partial<Record<HeaderName, number>> = {};
  let bytes = 0;
  for (const header of headers) {
    at[header] = bytes;
    bytes += headerBytes[header];
  }
  const begins = position === "first" || position === "only";
  const ends = position === "last" || position === "only";
  const immediate = headers.includes("immDt");
  return { code, name, role, operation, position, begins, ends, headers, headerBytes: bytes, at, payload, immediate };
}
