import { syndromeKind, syndromeValue } from "./aeth.ts";
import { bigU64, u8, u24, u32 } from "./bytes.ts";
import type { HeaderName } from "./opcode.ts";
import { rnrTimerMs } from "./timer.ts";

/** How a field is written. */
export type Form = "decimal" | "hexadecimal" | "syndrome";

export interface Field {
  readonly name: string;
  /** Where it starts in its header. */
  readonly at: number;
  readonly bytes: 1 | 3 | 4 | 8;
  readonly form: Form;
}

const field = (name: string, at: number, bytes: Field["bytes"], form: Form): Field => ({ name, at, bytes, form });

/** The fields of each header behind the BTH, whose own are told in words of their own (IBA 9.3). */
export const headerFields: Readonly<Record<HeaderName, readonly Field[]>> = {
  bth: [],
  deth: [field("qkey", 0, 4, "hexadecimal"), field("srcqp", 5, 3, "hexadecimal")],
  reth: [field("va", 0, 8, "hexadecimal"), field("rkey", 8, 4, "hexadecimal"), field("length", 12, 4, "decimal")],
  aeth: [field("syndrome", 0, 1, "syndrome"), field("msn", 1, 3, "decimal")],
  atomicEth: [
    field("va", 0, 8, "hexadecimal"),
    field("rkey", 8, 4, "hexadecimal"),
    field("swap", 12, 8, "hexadecimal"),
    field("compare", 20, 8, "hexadecimal"),
  ],
  atomicAckEth: [field("original", 0, 8, "hexadecimal")],
  immDt: [field("imm", 0, 4, "hexadecimal")],
  ieth: [field("invalidate", 0, 4, "hexadecimal")],
};

const readers: Readonly<Record<Field["bytes"], (bytes: Uint8Array, at: number) => number | bigint>> = {
  1: u8,
  3: u24,
  4: u32,
  8: bigU64,
};

/** The field's value in the header that starts at `at`. */
export function readField(bytes: Uint8Array, at: number, field: Field): number | bigint {
  return readers[field.bytes](bytes, at + field.at);
}

const forms: Readonly<Record<Form, (value: number | bigint) => string>> = {
  decimal: String,
  hexadecimal: (value) => `0x${value.toString(16)}`,
  syndrome: (value) => syndromeText(Number(value)),
};

/** A field's value for people. */
export function formatField(form: Form, value: number | bigint): string {
  return forms[form](value);
}

/** Codes of a NAK (IBA table 45). */
const naks = [
  "PSN sequence error",
  "invalid request",
  "remote access error",
  "remote operational error",
  "invalid RD request",
];

const NO_CREDITS = 0x1f;

function syndromeText(syndrome: number): string {
  const value = syndromeValue(syndrome);
  switch (syndromeKind(syndrome)) {
    case "ack":
      return value === NO_CREDITS ? "ACK" : `ACK (credit code ${value})`;
    case "rnr-nak":
      return `RNR NAK (${rnrTimerMs[value]} ms)`;
    case "nak":
      return `NAK (${naks[value] ?? `code ${value}`})`;
    case "reserved":
      return `reserved syndrome 0x${syndrome.toString(16)}`;
  }
}
