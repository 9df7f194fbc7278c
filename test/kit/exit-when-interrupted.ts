const signals = { SIGINT: 130, SIGTERM: 143 } as const;

/** For a program that has labs: when it is interrupted it exits, and they are cleared away, instead of dying at once. */
export function exitWhenInterrupted(): void {
  for (const [signal, code] of Object.entries(signals)) process.once(signal, () => process.exit(code));
}
