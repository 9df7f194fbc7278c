/** The clock of central, ms since 1970, never going back. */
export const clock = (): number => performance.timeOrigin + performance.now();
