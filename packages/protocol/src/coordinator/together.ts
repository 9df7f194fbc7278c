import type { NomadError } from "@nomad/base";

/** What is done at the same time tells here how it ended. */
export interface Part {
  readonly done: () => void;
  readonly fail: (error: NomadError) => void;
}

/** `whole` is done when so many parts are, and has failed when the first of them has; nothing after that counts. */
export function together(parts: number, whole: Part): Part {
  let left = parts;
  const done = () => {
    left--;
    if (left === 0) whole.done();
  };
  const fail = (error: NomadError) => {
    if (left > 0) whole.fail(error);
    left = 0;
  };
  return { done, fail };
}
