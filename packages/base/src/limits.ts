import { assert } from "./assert.ts";

/** Bounds that a peer or an operator cannot exceed. */
export const limits = {
  /** The largest packet on the wire: 4096 bytes of payload, every header, padding and ICRC. */
  packetBytesMax: 4096 + 64,
  /** The largest frame on a wire link. */
  frameBytesMax: 256 * 1024,
  /** The largest control message, encoded. */
  controlBytesMax: 16 * 1024 * 1024,
  /** Control messages of one connection in a second; more end it. */
  controlMessagesPerSecondMax: 20_000,
  /** Control messages that the other side does not take: above this the connection is given up. */
  controlBufferedBytesMax: 64 * 1024 * 1024,
  /** The largest message of an RC queue pair (IBA: 2^31 bytes). */
  messageBytesMax: 2 ** 31,
  guestMemoryBytesMax: 256 * 1024 * 1024,
  imageBytesMax: 64 * 1024 * 1024,
  /** Higher LIDs name multicast groups (IBA 4.1.3). */
  unicastLidMax: 0xbfff,
  nameCharsMax: 63,
  qpsPerGuestMax: 16_384,
  /** Told in one message while a guest is copied: more would keep a host from its packets. */
  qpsPerMessageMax: 128,
  cqsPerGuestMax: 4096,
  mrsPerGuestMax: 16_384,
  pdsPerGuestMax: 1024,
  ahsPerGuestMax: 16_384,
  srqsPerGuestMax: 1024,
  mwsPerGuestMax: 16_384,
  asyncEventsPerGuestMax: 1024,
  groupsPerQpMax: 1024,
  ringEntriesMax: 32_768,
  sgesMax: 16,
  /** Faults by hand that stand in a lab at a time. */
  faultsMax: 256,
} as const;

/** How long things may take, ms. A lab may set them differently, in all its processes alike; simulations are quicker. */
export const timings = {
  heartbeatMs: 1000,
  hostDeadMs: 5000,
  drainBudgetMs: 2000,
  nameLookupMs: 1000,
  controlRequestMs: 5000,
  /** An unanswered request goes out again. */
  resendMs: 250,
  precopyMs: 60_000,
  stopBudgetMs: 2000,
  /** Peers that are held so long ask how the move went, and again. */
  inquireMs: 3000,
} as const;

export type Timings = { readonly [Name in keyof typeof timings]: number };

/** What holds unless a flag says otherwise; one place for all processes. */
export const defaults = {
  ...timings,
  centralPort: 4790,
  precopyRoundsMax: 30,
  /** Moves under way from or to one host; more wait. */
  movesPerHostMax: 2,
  linkBufferedBytesMax: 16 * 1024 * 1024,
  pageBytes: 4096,
  pathMtu: 4096,
  /** Whose headers a host keeps, for captures that ask for what has passed: some 2 MB. */
  rememberedPackets: 32_768,
} as const;

assert(timings.hostDeadMs >= 3 * timings.heartbeatMs, "a host is not declared dead for one lost heartbeat");
assert(limits.frameBytesMax < defaults.linkBufferedBytesMax, "a frame fits a link's buffer");
assert(limits.packetBytesMax < limits.frameBytesMax, "a packet fits a frame");
