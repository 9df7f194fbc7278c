/** The answer to an upgrade without a certificate of the lab's. */
export const httpForbidden = 403;

/** How every WebSocket here is set up. What is not loopback or trusted is encrypted by TLS: bytes go out as they are. */
export const socketOptions = {
  perMessageDeflate: false,
  // Only binary messages are taken; the others are refused, not read.
  skipUTF8Validation: true,
  /** How long the other side may take to answer a close, ms. */
  closeTimeout: 1000,
};

/** A mask of zeros: ws then sends the caller's bytes without copying or masking them. */
export const zeroMask = (mask: Uint8Array): void => {
  mask.fill(0);
};
