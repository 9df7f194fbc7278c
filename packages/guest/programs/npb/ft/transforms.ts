// The transforms along each axis of a rank's part of the field, in place.
import { blockA, COMPLEX, LINES, Roots, transform } from "./lines.ts";
import { Slab } from "./slab.ts";

@final
export class Transforms {
  private readonly rootsX: Roots;
  private readonly rootsY: Roots;
  private readonly rootsZ: Roots;

  constructor(private readonly slab: Slab) {
    this.rootsX = new Roots(slab.nx);
    this.rootsY = new Roots(slab.ny);
    this.rootsZ = new Roots(slab.nz);
  }

  /** In space or in frequency: rows are rows. */
  alongX(field: usize, sign: f64): void {
    const slab = this.slab;
    const rowBytes = <usize>slab.rowBytes;
    const end = field + slab.bytes;
    for (let first = field; first < end; first += LINES * rowBytes) {
      for (let line: usize = 0; line < <usize>LINES; line++) takeRow(first + line * rowBytes, rowBytes, line);
      const result = transform(this.rootsX, sign);
      for (let line: usize = 0; line < <usize>LINES; line++) giveRow(result, first + line * rowBytes, rowBytes, line);
    }
  }

  /** In space. */
  alongY(field: usize, sign: f64): void {
    const slab = this.slab;
    for (let z = 0; z < slab.planes; z++) {
      for (let x: usize = 0; x < <usize>slab.rowBytes; x += BLOCK) {
        for (let y = 0; y < slab.ny; y++) memory.copy(element(blockA, y), field + slab.rowInSpace(y, z) + x, BLOCK);
        const result = transform(this.rootsY, sign);
        for (let y = 0; y < slab.ny; y++) memory.copy(field + slab.rowInSpace(y, z) + x, element(result, y), BLOCK);
      }
    }
  }

  /** In frequency. */
  alongZ(field: usize, sign: f64): void {
    const slab = this.slab;
    const stride = <usize>slab.rows * slab.rowBytes;
    for (let x: usize = 0; x < stride; x += BLOCK) {
      for (let z = 0; z < slab.nz; z++) memory.copy(element(blockA, z), field + <usize>z * stride + x, BLOCK);
      const result = transform(this.rootsZ, sign);
      for (let z = 0; z < slab.nz; z++) memory.copy(field + <usize>z * stride + x, element(result, z), BLOCK);
    }
  }
}

/** Bytes of LINES neighbours: one element of a block. */
const BLOCK: usize = <usize>LINES * COMPLEX;

function element(block: usize, index: i32): usize {
  return block + <usize>index * BLOCK;
}

/** A contiguous row becomes a line of the block, and a line becomes a row. */
function takeRow(row: usize, bytes: usize, line: usize): void {
  const end = row + bytes;
  for (let to = <usize>blockA + line * COMPLEX; row < end; row += COMPLEX, to += BLOCK) {
    v128.store(to, v128.load(row));
  }
}

function giveRow(block: usize, row: usize, bytes: usize, line: usize): void {
  const end = row + bytes;
  for (let from = block + line * COMPLEX; row < end; row += COMPLEX, from += BLOCK) {
    v128.store(row, v128.load(from));
  }
}
