export { bind } from "./bind.ts";
export type { DeviceChanges } from "./changes.ts";
export { activeOf, admit, detach, free, open, openTowards, peersOf, release, reopen, suspend } from "./guest.ts";
export { namesOf, type Resume } from "./names.ts";
export { cutPeers, heldTowards, pinning, resumePeers, suspendPeers } from "./peers.ts";
export { presetup, presetupQps } from "./presetup.ts";
export { Preview } from "./preview.ts";
