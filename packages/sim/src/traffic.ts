import { Completions } from "./invariants/completions.ts";
import { Effects } from "./invariants/effects.ts";
import { Guards } from "./invariants/guards.ts";
import { Messages } from "./invariants/messages.ts";

/** What the programs of a world tell the checkers of what they post, receive and find. */
export class Traffic {
  readonly messages = new Messages();
  readonly effects = new Effects();
  readonly completions = new Completions();
  readonly guards = new Guards();
  /** A connection has failed with this status (WC_*): `own` ends its part of it. */
  onFailed: (own: string, peer: string, status: number) => void = () => {};
}
