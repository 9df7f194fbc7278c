import type { Talker } from "./programs/talker.ts";

export interface PlannedGuest {
  readonly name: string;
  readonly host: string;
  readonly peers: readonly string[];
  readonly restMs: number;
  /** See `Talker`, here and below. */
  readonly nap: NonNullable<Talker["nap"]> | null;
  readonly silence: NonNullable<Talker["silence"]> | null;
}

export interface PlannedMove {
  readonly atMs: number;
  readonly guest: string;
  readonly to: string;
  readonly flipPage: boolean;
}
