/** The protocol's version, and the oldest that this one still speaks (the version before works together with this one). */
export const protocolVersion = { current: 1, oldest: 1 } as const;
