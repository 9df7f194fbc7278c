/** Takes back what was to happen later; harmless when it has happened. */
export type Cancel = () => void;

/** Time, given from outside: real, or virtual in a simulation. Milliseconds, fractions included. */
export interface Clock {
  now(): number;
  /** Runs `action` once, after `ms`; 0: at the next turn, never at once. */
  after(ms: number, action: () => void): Cancel;
  /** Runs `action` once what runs now is through, and so are the promises that it settles; before anything else, where that can be. */
  soon(action: () => void): void;
}
