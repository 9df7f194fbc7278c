/** ws at its fastest: nothing compressed, checked or masked. */
export const wsOptions = { perMessageDeflate: false, skipUTF8Validation: true } as const;

/** A mask of zeros, which ws does not apply. */
export const generateMask = (mask: Uint8Array): void => {
  mask.fill(0);
};

/** What a socket of the peer does with what comes. */
export type SocketRole = "echo" | "sink" | "credit";

/** Messages for which a `credit` socket gives credit at a time. */
export const creditEvery = 16;
