// What tests and scripts use of this package, besides its command.

export { hasEnded, type LabView } from "@nomad/protocol/http";
export { LabClient, type LabClientOptions } from "./client/shell/lab-client.ts";
export { LabWatch } from "./client/shell/lab-watch.ts";
export { type LabFile, parseLabFile } from "./lab/lab-file.ts";
export { survivors } from "./lab/shell/process-table.ts";
export { buildImages } from "./mpi/shell/build-images.ts";
export { RunningJob } from "./mpi/shell/running-job.ts";
export { perfImage } from "./perf/guest-batch.ts";
export { type GuestPerf, perfBetweenGuests } from "./perf/shell/between-guests.ts";
export type { RunResult } from "./scenarios/result.ts";
export { nearestDirectory } from "./settings/shell/nomad-directory.ts";
export { readOrMakeSecret } from "./settings/shell/secret.ts";
export { InvariantWatch } from "./watch/shell/invariant-watch.ts";
