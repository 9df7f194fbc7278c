export { type RunningCentral, startCentral, type StartCentralOptions } from "./central/shell/start-central.ts";
export { type RunningHost, startHost, type StartHostOptions } from "./host/shell/start-host.ts";
