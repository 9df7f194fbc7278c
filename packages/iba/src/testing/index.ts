export { type Sample, sampleHeaders, samplePacket } from "./sample-packets.ts";
export { slowIcrc } from "./slow-icrc.ts";
