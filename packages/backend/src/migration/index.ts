export { bind } from "./bind.ts";
export { detach, open, openTowards, peersOf, release, reopen, suspend } from "./guest.ts";
export { cutPeers, heldTowards, resumePeers, suspendPeers } from "./peers.ts";
