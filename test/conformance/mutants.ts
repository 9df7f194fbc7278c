import type { MutantName } from "@nomad/hca/mutants";

/** A test that a mutant turns red: its file in test/conformance, and words of its title that no other test there has. */
export interface Witness {
  readonly file: string;
  readonly words: string;
}

const by = (file: string, words: string): Witness => ({ file: `${file}.test.ts`, words });

/** For each mutant of the adapter a test that notices it. Others may, too. */
export const witnesses: Readonly<Record<MutantName, Witness>> = {
  acceptStaleLkey: by("rc-receive", "BadRecvLkey"),
  acceptStaleRkey: by("rc-read", "ReadInvalidRkey"),
  ackUnplaced: by("rc-write", "BasicWriteLargePayload"),
  completeTwice: by("rc-send", "SendManyWithOneOutstanding"),
  deliverDuplicates: by("wire", "a message whose packet comes twice"),
  deliverToWrongQp: by("traffic-rc", "ConstantOpTest.Basic"),
  executeDuplicateAtomic: by("wire", "fetchAdd: an atomic whose answer is lost"),
  forgetFlush: by("rc-state", "FlushErrorPollTogether"),
  forgetInvalidate: by("rc-invalidate", "SendWithInvalidateEmptySgl"),
  forgetRnrNak: by("rc-send", "SendRnr:"),
  freeBoundRegion: by("mw-type-2", "DeregMrWhenBound"),
  ignoreFence: by("wire", "a fenced send waits"),
  ignoreRetryCount: by("qp-state", "PostRecvInit"),
  ignoreSolicited: by("comp-channel", "RecvSolicitedNofitySolicited"),
  keepArmed: by("comp-channel", "NoSpuriousEvents"),
  keepLostUcMessage: by("wire", "an unreliable message of which a packet is lost"),
  loseUnsignaledErrors: by("rc-receive", "UnsignaledSendError"),
  omitGrh: by("ud", "LoopbackUdQpTest.Send:"),
  openWindowToAnyQp: by("mw-type-2", "CrossQpInvalidate"),
  overwriteFullCq: by("cq-overflow", "CqOverflowTest.SendCqOverflow"),
  psnDoesNotWrap: by("wire", "packet sequence numbers go on"),
  repeatSrqLimit: by("srq", "SrqLimit"),
  skipAccessCheck: by("mr", "ReregMrChangeAccess"),
  skipAtomicAlignment: by("rc-atomic", "FetchAddUnaligned:"),
  skipBoundsCheck: by("access", "RdmaAccessTest.ZeroBasedAccess"),
  skipIcrcCheck: by("wire", "a corrupted packet"),
  skipPdCheck: by("mr", "ReregMrChangePd"),
  skipPkeyCheck: by("wire", "queue pairs of different partitions"),
  skipQkeyCheck: by("ud", "SendInvalidQKey"),
};
