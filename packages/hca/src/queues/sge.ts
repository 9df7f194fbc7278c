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
  for (const [i, sge] of sges.entries()) {
    const element = at + i * SGE_BYTES;
    view.setBigUint64(element + SGE_ADDRESS, BigInt(sge.address), true);
    view.setUint32(element + SGE_LENGTH, sge.length, true);
    view.setUint32(element + SGE_LKEY, sge.lkey, true);
  }
}
