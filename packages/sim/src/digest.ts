import { crc32 } from "node:zlib";
import { PROGRAM_BASE } from "@nomad/abi";

/** Of a guest's memory: quick, and good enough where nobody forges. The VMM's page, and what no simulated guest uses, is left out. */
export function digestOf(memory: Uint8Array): string {
  return crc32(memory.subarray(PROGRAM_BASE)).toString(16);
}
