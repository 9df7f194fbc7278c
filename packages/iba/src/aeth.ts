// The syndrome byte of an AETH (IBA 9.7.5.2.1): bits 6..5 say which kind, bits 4..0 are its value.

export type SyndromeKind = "ack" | "rnr-nak" | "reserved" | "nak";

const kinds: readonly SyndromeKind[] = ["ack", "rnr-nak", "reserved", "nak"];

/** ACK without end-to-end credits: the responder does not limit the requester. */
export const SYNDROME_ACK = 0x1f;

export const NAK_PSN_SEQUENCE_ERROR = 0;
export const NAK_INVALID_REQUEST = 1;
export const NAK_REMOTE_ACCESS_ERROR = 2;
export const NAK_REMOTE_OPERATIONAL_ERROR = 3;
export const NAK_INVALID_RD_REQUEST = 4;

/** What kind of answer a syndrome is; bit 7 is reserved. */
export function syndromeKind(syndrome: number): SyndromeKind {
  return syndrome & 0x80 ? "reserved" : (kinds[syndrome >>> 5] as SyndromeKind);
}

/** The credit count of an ACK, the timer code of an RNR NAK, the code of a NAK. */
export function syndromeValue(syndrome: number): number {
  return syndrome & 0x1f;
}

/** `code` is one of NAK_*. */
export function nakSyndrome(code: number): number {
  return 0x60 | code;
}

/** `timer` is a code of the table in timer.ts. */
export function rnrSyndrome(timer: number): number {
  return 0x20 | (timer & 0x1f);
}
