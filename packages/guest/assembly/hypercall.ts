// One hypercall at a time: its words and data, and the numbering by which the back-end knows a repeat.
import { MAILBOX_DATA_BYTES_MAX, MAILBOX_WORDS_MAX } from "../../abi/src/layout.ts";
import { hypercall } from "./nomad.ts";

const words = memory.data((MAILBOX_WORDS_MAX + 1) * 4, 16);
const data = memory.data(MAILBOX_DATA_BYTES_MAX, 16);
let sequence: u32 = 0;
let wordCount: u32 = 0;
let dataBytes: u32 = 0;

/** Starts putting together a call. */
export function begin(): void {
  wordCount = 0;
  dataBytes = 0;
}

/** Adds a u32 argument. */
export function argument(value: u32): void {
  store<u32>(words + ((<usize>wordCount) << 2), value);
  wordCount++;
}

/** Sets the data: UTF-8 text, cut at what a call can carry. */
export function text(value: string): void {
  const utf8 = String.UTF8.encode(value);
  dataBytes = min<u32>(utf8.byteLength, MAILBOX_DATA_BYTES_MAX);
  memory.copy(data, changetype<usize>(utf8), dataBytes);
}

/** Sets the data. */
export function bytes(value: Uint8Array): void {
  dataBytes = min<u32>(value.length, MAILBOX_DATA_BYTES_MAX);
  memory.copy(data, value.dataStart, dataBytes);
}

/** Makes the call: 0 or a negative errno. */
export function call(operation: u32): i32 {
  sequence++;
  return hypercall(operation, sequence, words, wordCount, data, dataBytes);
}

/** Result word `index` of the last call. */
export function result(index: u32): u32 {
  return load<u32>(words + ((<usize>index) << 2));
}

/** The last call's data as text. */
export function resultText(): string {
  return String.UTF8.decodeUnsafe(data, result(MAILBOX_WORDS_MAX));
}
