/** The protocol's version, and the oldest that this one still speaks: the one before. */
export const protocolVersion = { current: 2, oldest: 1 } as const;

/** What a process says in its hello when `newest` is the newest version that it speaks. There is none before 1. */
export function spokenVersions(newest: number): { readonly protocol: number; readonly protocolMin: number } {
  return { protocol: newest, protocolMin: Math.max(1, newest - 1) };
}
