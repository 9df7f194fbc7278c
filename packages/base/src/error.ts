/** Every error an operator or a peer can cause, by its stable code, and what to do next. */
export const errorCodes = {
  E_USAGE: "see --help",
  E_CONFIG: "correct the file or the flag that the message names",
  E_VERSION: "run the same or the next version of nomad-rdma on both sides",
  E_AUTH: "give both sides the same secret file, and with TLS certificates of one authority",
  E_MESSAGE: "the sender does not follow the protocol; see its log",
  E_FRAME: "the sender does not follow the protocol; see its log",
  E_TOO_LARGE: "stay within the limit that the message names",
  E_IMAGE: "build the image again: nomad-rdma image build",
  E_IMAGE_ABI: "build the image again with this version: nomad-rdma image build",
  E_IMAGE_HASH: "build the image again, or copy it anew",
  E_NO_LAB: "start one with `nomad-rdma lab up`, or name one with --lab URL",
  E_NO_GUEST: "see `nomad-rdma guest ls`",
  E_NO_HOST: "see `nomad-rdma status`",
  E_BUSY: "wait until the move under way has ended",
  E_VERB: "correct the program: the adapter refuses what it asked for",
  E_STATE: "see `nomad-rdma status`",
  E_TIMEOUT: "see `nomad-rdma status`; try again",
  E_GUEST_TRAP: "see `nomad-rdma guest logs`",
  E_DIGEST: "the guest goes on at its source; try the move again",
  E_DIVERGED: "the guest goes on at its source; allow more bandwidth, or --on-divergence stop or throttle",
  E_DRAIN: "the guest goes on at its source; try again when its peers receive, or without --strict",
  E_PINNED: "the guest goes on at its source; close that connection, or give --force, which breaks it",
  E_HOST_LOST: "start the host again",
  E_UNREACHABLE: "check that the other side runs and can be reached",
  E_CAPTURE_FILE: "give a pcapng or pcap file, such as `nomad-rdma capture --out FILE` writes",
  E_NO_MEMORY: "give the context a larger heap, or free buffers",
  E_QUEUE_FULL: "poll completions before posting more, or make the queue larger",
  E_REJECTED: "see what the other side says in the message or in its private data",
  E_JOURNAL: "make room on its disk, then start central again: it goes on from what is written",
  E_INTERNAL: "please report it, with the log",
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** A fault of the world or a mistake of the operator's: a stable code, what happened, what to do next. */
export class NomadError extends Error {
  override readonly name = "NomadError";
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The next step to take, for the operator. */
  get nextStep(): string {
    return errorCodes[this.code];
  }
}
