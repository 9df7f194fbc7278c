// Ports that other processes reach.
export { Device } from "./device.ts";
export { type LabDeviceOptions, openLabDevice } from "./lab-device.ts";
export { openDevice } from "./open-device.ts";
export { openStandalone, type StandaloneOptions } from "./standalone.ts";
