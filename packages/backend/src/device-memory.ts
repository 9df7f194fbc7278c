import type { DeviceMemory } from "@nomad/hca";

/** Views of a guest's memory for the adapter and the back-end. */
export function deviceMemory(buffer: SharedArrayBuffer | ArrayBuffer): DeviceMemory {
  return { bytes: new Uint8Array(buffer), view: new DataView(buffer), words: new Int32Array(buffer) };
}
