import { QPT_RC, QPT_UC, QPT_UD } from "@nomad/abi";

// The packet opcodes as data (IBA 9.2, table 38). The transport is in the upper three bits of a code, the operation in
// the lower five.

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
/** QPT_* of the queue pairs that send and take it. */
export type Transport = typeof QPT_RC | typeof QPT_UC | typeof QPT_UD;

/** What one opcode is; `headers` are those behind the BTH, in order. */
export interface OpcodeRow {
  readonly transport: Transport;
  readonly role: "request" | "response";
  readonly code: number;
  readonly name: string;
  readonly operation: Operation;
  readonly position: Position;
  readonly headers: readonly HeaderName[];
  readonly payload: PayloadRule;
}

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
export const RC_SEND_LAST_INV = 0x16;
export const RC_SEND_ONLY_INV = 0x17;
export const UC_SEND_FIRST = 0x20;
export const UC_SEND_MIDDLE = 0x21;
export const UC_SEND_LAST = 0x22;
export const UC_SEND_LAST_IMM = 0x23;
export const UC_SEND_ONLY = 0x24;
export const UC_SEND_ONLY_IMM = 0x25;
export const UC_WRITE_FIRST = 0x26;
export const UC_WRITE_MIDDLE = 0x27;
export const UC_WRITE_LAST = 0x28;
export const UC_WRITE_LAST_IMM = 0x29;
export const UC_WRITE_ONLY = 0x2a;
export const UC_WRITE_ONLY_IMM = 0x2b;
export const UD_SEND_ONLY = 0x64;
export const UD_SEND_ONLY_IMM = 0x65;

type Row = readonly [number, string, Operation, Position, readonly HeaderName[], PayloadRule];

const rows = (transport: Transport, role: OpcodeRow["role"], list: readonly Row[]): readonly OpcodeRow[] =>
  list.map(([code, name, operation, position, headers, payload]) => {
    return { transport, role, code, name, operation, position, headers, payload };
  });

const rcRequests = rows(QPT_RC, "request", [
  [RC_SEND_FIRST, "RC SEND First", "send", "first", [], "full"],
  [RC_SEND_MIDDLE, "RC SEND Middle", "send", "middle", [], "full"],
  [RC_SEND_LAST, "RC SEND Last", "send", "last", [], "some"],
  [RC_SEND_LAST_IMM, "RC SEND Last with Immediate", "send", "last", ["immDt"], "some"],
  [RC_SEND_ONLY, "RC SEND Only", "send", "only", [], "any"],
  [RC_SEND_ONLY_IMM, "RC SEND Only with Immediate", "send", "only", ["immDt"], "any"],
  [RC_WRITE_FIRST, "RC RDMA WRITE First", "write", "first", ["reth"], "full"],
  [RC_WRITE_MIDDLE, "RC RDMA WRITE Middle", "write", "middle", [], "full"],
  [RC_WRITE_LAST, "RC RDMA WRITE Last", "write", "last", [], "some"],
  [RC_WRITE_LAST_IMM, "RC RDMA WRITE Last with Immediate", "write", "last", ["immDt"], "some"],
  [RC_WRITE_ONLY, "RC RDMA WRITE Only", "write", "only", ["reth"], "any"],
  [RC_WRITE_ONLY_IMM, "RC RDMA WRITE Only with Immediate", "write", "only", ["reth", "immDt"], "any"],
  [RC_READ_REQUEST, "RC RDMA READ Request", "read", "only", ["reth"], "none"],
  [RC_COMPARE_SWAP, "RC CmpSwap", "atomic", "only", ["atomicEth"], "none"],
  [RC_FETCH_ADD, "RC FetchAdd", "atomic", "only", ["atomicEth"], "none"],
  [RC_SEND_LAST_INV, "RC SEND Last with Invalidate", "send", "last", ["ieth"], "some"],
  [RC_SEND_ONLY_INV, "RC SEND Only with Invalidate", "send", "only", ["ieth"], "any"],
]);

const rcResponses = rows(QPT_RC, "response", [
  [RC_READ_RESPONSE_FIRST, "RC RDMA READ Response First", "read", "first", ["aeth"], "full"],
  [RC_READ_RESPONSE_MIDDLE, "RC RDMA READ Response Middle", "read", "middle", [], "full"],
  [RC_READ_RESPONSE_LAST, "RC RDMA READ Response Last", "read", "last", ["aeth"], "some"],
  [RC_READ_RESPONSE_ONLY, "RC RDMA READ Response Only", "read", "only", ["aeth"], "any"],
  [RC_ACK, "RC Acknowledge", "ack", "only", ["aeth"], "none"],
  [RC_ATOMIC_ACK, "RC ATOMIC Acknowledge", "atomic", "only", ["aeth", "atomicAckEth"], "none"],
]);

const ucRequests = rows(QPT_UC, "request", [
  [UC_SEND_FIRST, "UC SEND First", "send", "first", [], "full"],
  [UC_SEND_MIDDLE, "UC SEND Middle", "send", "middle", [], "full"],
  [UC_SEND_LAST, "UC SEND Last", "send", "last", [], "some"],
  [UC_SEND_LAST_IMM, "UC SEND Last with Immediate", "send", "last", ["immDt"], "some"],
  [UC_SEND_ONLY, "UC SEND Only", "send", "only", [], "any"],
  [UC_SEND_ONLY_IMM, "UC SEND Only with Immediate", "send", "only", ["immDt"], "any"],
  [UC_WRITE_FIRST, "UC RDMA WRITE First", "write", "first", ["reth"], "full"],
  [UC_WRITE_MIDDLE, "UC RDMA WRITE Middle", "write", "middle", [], "full"],
  [UC_WRITE_LAST, "UC RDMA WRITE Last", "write", "last", [], "some"],
  [UC_WRITE_LAST_IMM, "UC RDMA WRITE Last with Immediate", "write", "last", ["immDt"], "some"],
  [UC_WRITE_ONLY, "UC RDMA WRITE Only", "write", "only", ["reth"], "any"],
  [UC_WRITE_ONLY_IMM, "UC RDMA WRITE Only with Immediate", "write", "only", ["reth", "immDt"], "any"],
]);

const udRequests = rows(QPT_UD, "request", [
  [UD_SEND_ONLY, "UD SEND Only", "send", "only", ["deth"], "any"],
  [UD_SEND_ONLY_IMM, "UD SEND Only with Immediate", "send", "only", ["deth", "immDt"], "any"],
]);

export const opcodeRows: readonly OpcodeRow[] = [...rcRequests, ...rcResponses, ...ucRequests, ...udRequests];
