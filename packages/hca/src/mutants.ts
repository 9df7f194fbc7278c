/**
 * Faults that tests plant, one at a time, to show that some test notices. The adapter reads a field of `planted` at each
 * place where one would be; all are false unless a test says otherwise, and nothing but tests may.
 */
const descriptions = {
  acceptStaleLkey: "an lkey opens its region whatever its variant",
  acceptStaleRkey: "an rkey opens its region or window whatever its variant",
  ackUnplaced: "all but the last packet of an RDMA WRITE is acknowledged and not placed",
  completeTwice: "a send completes twice",
  deliverDuplicates: "a duplicate SEND or RDMA WRITE is executed again",
  deliverToWrongQp: "packets go to the queue pair made last, whatever their destination",
  executeDuplicateAtomic: "a duplicate atomic is executed again",
  forgetFlush: "work requests of a failed queue pair are dropped without completions",
  forgetInvalidate: "a SEND with invalidate leaves the window bound",
  forgetRnrNak: "a message without receive work request is dropped without an RNR NAK",
  freeBoundRegion: "a region is deregistered while windows are bound to it",
  ignoreFence: "a fenced work request does not wait for READs",
  ignoreRetryCount: "a requester tries again for ever",
  ignoreSolicited: "a solicited message raises no event",
  keepArmed: "a completion queue raises an event for every completion once it was armed",
  keepLostUcMessage: "an unreliable message goes on after a packet of it was lost",
  loseUnsignaledErrors: "an unsignaled work request that fails does not complete",
  omitGrh: "a datagram is placed where its global route header belongs",
  openWindowToAnyQp: "a window of type 2 opens to every queue pair of its domain",
  overwriteFullCq: "a full completion queue takes more",
  psnDoesNotWrap: "PSNs are compared as if they never wrapped",
  repeatSrqLimit: "a shared receive queue tells again and again that its limit is reached",
  skipAccessCheck: "keys give every access",
  skipAtomicAlignment: "an atomic is executed at any address",
  skipBoundsCheck: "keys open eight bytes more than their range",
  skipIcrcCheck: "corrupted packets are taken",
  skipPdCheck: "keys open their range to every protection domain",
  skipPkeyCheck: "packets of every partition are taken",
  skipQkeyCheck: "datagrams with any Q_Key are taken",
} as const;

export type MutantName = keyof typeof descriptions;

export const mutantNames = Object.keys(descriptions) as readonly MutantName[];

/** What the planted fault does, in words. */
export function describeMutant(name: MutantName): string {
  return descriptions[name];
}

export const planted = Object.fromEntries(mutantNames.map((name) => [name, false])) as Record<MutantName, boolean>;

/** Plants one in every adapter of this thread until it is disposed of. */
export function plant(name: MutantName): Disposable {
  planted[name] = true;
  return {
    [Symbol.dispose]: () => {
      planted[name] = false;
    },
  };
}
