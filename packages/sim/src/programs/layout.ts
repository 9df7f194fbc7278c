import { PROGRAM_BASE } from "@nomad/abi";
import { queuesBytes } from "../connection.ts";

// Where a talker keeps what, as offsets into the data of a connection.
/** A counter for the peer's atomics. */
export const counterAt = 0;
/** What the peer reads, always the same. */
export const fixedAt = 256;
export const fixedBytes = 256;
/** The number of messages, sent last. */
export const finAt = 16;
/** Results of READs and of atomics, apart from those of others under way. */
export const readAt = (n: number): number => 512 + fixedBytes * (n % 4);
export const resultAt = (n: number): number => 1536 + 8 * (n % 64);

/** Messages received and sent, and writes, each in a slot. */
export const receives = 8;
export const slotBytes = 1536;
/** The peer writes to a slot again only after it has seen messages of twice as many: see `Side`. */
export const writeSlots = 2 * receives;
export const writeBytes = 512;
export const writeAt = (n: number): number => 4096 + writeBytes * (n % writeSlots);
export const receiveAt = (n: number): number => 12_288 + slotBytes * (n % receives);
export const sendAt = (n: number): number => 24_576 + slotBytes * (n % receives);
export const writeFrom = (n: number): number => 36_864 + writeBytes * (n % writeSlots);
export const dataBytes = 36_864 + writeBytes * writeSlots;
/** Behind the data, in no region. */
export const guardBytes = 64;

const areaBytes = Math.ceil((queuesBytes + dataBytes + guardBytes) / 4096) * 4096;

/** Where the `i`th connection of a program has its memory. */
export const areaAt = (i: number): number => PROGRAM_BASE + i * areaBytes;

/** Memory that a program with so many connections needs. */
export const programBytes = (connections: number): number => connections * areaBytes;
