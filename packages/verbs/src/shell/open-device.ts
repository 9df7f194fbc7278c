import type { Device } from "./device.ts";
import { type LabDeviceOptions, openLabDevice } from "./lab-device.ts";
import { openStandalone, type StandaloneOptions } from "./standalone.ts";

/** Opens a port of this process: of a running lab when `lab` names one, else one that links by `dial` and `listen`. */
export function openDevice(options: LabDeviceOptions | StandaloneOptions): Promise<Device> {
  return "lab" in options ? openLabDevice(options) : openStandalone(options);
}
