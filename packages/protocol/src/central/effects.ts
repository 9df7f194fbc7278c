import type { LabEvent } from "../http/index.ts";
import type { Message } from "../message.ts";

/** One fact to keep: the present value of `key` in `table`, as JSON. */
export interface JournalEntry {
  readonly table: "meta" | "hosts" | "guests" | "moves" | "published";
  readonly key: string;
  readonly value: string;
}

/** What central asks of the process it runs in. */
export type CentralEffect =
  | { readonly kind: "send"; readonly to: string; readonly message: Message }
  /** Keep these, all or none, in order; then (with a ticket) say so by `CentralEvent` journaled. */
  | { readonly kind: "journal"; readonly ticket: number | null; readonly entries: readonly JournalEntry[] }
  /** For those who watch. */
  | { readonly kind: "event"; readonly event: LabEvent };

/** What happens to central. */
export type CentralEvent =
  | { readonly kind: "message"; readonly from: string; readonly incarnation: string; readonly message: Message }
  /** `protocol`: the version that both ends speak on it. */
  | { readonly kind: "channel-up"; readonly to: string; readonly protocol: number }
  | { readonly kind: "channel-down"; readonly to: string }
  | { readonly kind: "journaled"; readonly ticket: number };
