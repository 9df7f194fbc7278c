export { type RunningCentral, type StartCentralOptions, startCentral } from "./central/shell/start-central.ts";
export { type RunningHost, type StartHostOptions, startHost } from "./host/shell/start-host.ts";
export { collectLessOften } from "./shell/heap.ts";
