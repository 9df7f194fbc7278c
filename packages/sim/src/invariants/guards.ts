import { must } from "../violation.ts";

/** Invariant 7: bytes beside a registered region stay as the program left them, whatever peers try. */
export class Guards {
  checked(at: string, intact: boolean): void {
    must(7, intact, () => `memory of ${at} beside its regions has changed`);
  }

  /** A peer's attempt to reach beyond a region has ended with this status. */
  trespassed(by: string, at: string, refused: boolean): void {
    must(7, refused, () => `${by} was not refused memory of ${at} that no key opens`);
  }
}
