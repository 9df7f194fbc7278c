import { SGE_ADDRESS, SGE_BYTES, SGE_LENGTH, SGE_LKEY } from "@nomad/abi";
import type { LKey } from "@nomad/base";

/** Scatter-gather element. */
export interface Sge {
  readonly address: number;
  readonly length: number;
  readonly lkey: LKey;
}

/** Writes elements as a work request has them, from `at`. */
export function writeSges(view: DataView, at: number, sges: readonly Sge[]): void {
  let element = at;
  for (const sge of sges) {
    writeAddress(view, element + SGE_ADDRESS, sge.address);
    view.setUint32(element + SGE_LENGTH, sge.length, true);
    view.setUint32(element + SGE_LKEY, sge.lkey, true);
    element += SGE_BYTES;
  }
}

/** Writes 64 bits, little-endian; nothing is allocated, as it is for a bigint. */
export function writeAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address, true);
  view.setUint32(at + 4, address / 2 ** 32, true);
}
