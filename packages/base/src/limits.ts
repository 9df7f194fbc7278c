import { assert } from "./assert.ts";

/** Bounds that a peer or an operator cannot exceed. */
export const limits = {
  /** The largest packet on the wire: 4096 bytes of payload, every header, padding and ICRC. */
  packetBytesMax: 4096 + 64,
  /** The largest frame on a wire link. */
  frameBytesMax: 256 * 1024,
  /** The largest control message, encoded. */
  controlBytesMax: 16 * 1024 * 1024,
  /** The largest message of an RC queue pair (IBA: 2^31 bytes). */
  messageBytesMax: 2 ** 31,
  guestMemoryBytesMax: 256 * 1024 * 1024,
  imageBytesMax: 64 * 1024 * 1024,
  nameCharsMax: 63,
  qpsPerGuestMax: 16_384,
  cqsPerGuestMax: 4096,
  mrsPerGuestMax: 16_384,
  pdsPerGuestMax: 1024,
  ringEntriesMax: 32_768,
  sgesMax: 16,
} as const;

/** What holds unless a flag says otherwise; one place for all processes. */
export const defaults = {
  centralPort: 4790,
  heartbeatMs: 1000,
  hostDeadMs: 5000,
  drainBudgetMs: 2000,
  nameLookupMs: 1000,
  controlRequestMs: 5000,
  precopyRoundsMax: 30,
  precopyMs: 60_000,
  stopBudgetMs: 2000,
  linkBufferedBytesMax: 16 * 1024 * 1024,
  pageBytes: 4096,
  pathMtu: 4096,
} as const;

/** Times that a lab may set differently, in all its processes alike: tests are quicker with shorter ones. */
export interface Timings {
  readonly heartbeatMs: number;
  readonly hostDeadMs: number;
}

assert(defaults.hostDeadMs >= 3 * defaults.heartbeatMs, "a host is not declared dead for one lost heartbeat");
assert(limits.frameBytesMax < defaults.linkBufferedBytesMax, "a frame fits a link's buffer");
assert(limits.packetBytesMax < limits.frameBytesMax, "a packet fits a frame");
