// Ports that other processes reach.
export { Device } from "./device.ts";
export { openStandalone, type StandaloneOptions } from "./standalone.ts";
