export { bind } from "./bind.ts";
export type { DeviceChanges } from "./changes.ts";
export { activeOf, admit, detach, free, open, openTowards, peersOf, release, reopen, suspend } from "./guest.ts";
export { namesOf, type Resume } from "./names.ts";
export { cutPeers, heldTowards, pinning, resumePeers, suspendPeers } from "./peers.ts";
export { presetup, presetupQps, preview, previewQps } from "./presetup.ts";
