/** How much each probe does at a time. */
export interface Amounts {
  readonly roundTrips: number;
  readonly bandwidthBytes: number;
  readonly messages: number;
  readonly connections: number;
  /** Rounds that are not counted: what runs first is not compiled yet. */
  readonly warmUps: number;
  readonly rounds: number;
  /** After so long no further round begins, s. */
  readonly secondsMax: number;
  /** What guests do in a batch, and how many batches of each kind of names. */
  readonly guestRoundTrips: number;
  readonly guestWrites: number;
  readonly guestRounds: number;
}

export const fullAmounts: Amounts = {
  roundTrips: 5000,
  bandwidthBytes: 128 * 2 ** 20,
  messages: 200_000,
  connections: 1000,
  warmUps: 3,
  rounds: 7,
  secondsMax: 120,
  guestRoundTrips: 1000,
  guestWrites: 512,
  guestRounds: 40,
};

/** Enough to see that everything works, and no measurement. */
export const quickAmounts: Amounts = {
  roundTrips: 20,
  bandwidthBytes: 4 * 2 ** 20,
  messages: 500,
  connections: 20,
  warmUps: 1,
  rounds: 1,
  secondsMax: 120,
  guestRoundTrips: 20,
  guestWrites: 4,
  guestRounds: 2,
};

/** Bytes of a message whose round trip or rate is measured. */
export const messageBytes = 64;
/** Bytes of a frame of the sockets whose bandwidth is measured: what a link sends at a time. */
export const frameBytes = 64 * 1024;
/** Bytes of one RDMA WRITE. */
export const writeBytes = 2 ** 20;
/** Bytes of one RDMA WRITE between guests: as many as perftest's. */
export const guestWriteBytes = 64 * 1024;
/** Messages that are under way at a time. */
export const window = 64;
