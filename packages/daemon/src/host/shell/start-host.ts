import { type JoinedLab, type JoinLabOptions, joinLab } from "./join-lab.ts";
import { guestMachines } from "./machines.ts";

export interface StartHostOptions extends Omit<JoinLabOptions, "startMachines" | "program"> {
  /** Directory of guest images. */
  readonly images: string;
}

export type RunningHost = Omit<JoinedLab, "host">;

/**
 * A VMM host: listens, joins central, runs guests until closed. Rejects with E_CONFIG, E_AUTH or E_VERSION when it
 * cannot; a central that is not there is waited for.
 */
export function startHost(options: StartHostOptions): Promise<RunningHost> {
  return joinLab({ ...options, startMachines: (o) => guestMachines(options.images, o) });
}
