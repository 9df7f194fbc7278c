// The operator A and the smoother C: 27 points each, with one weight for the centre, one for faces, edges and corners.
// Two points at a time; the sums over the four rows beside and the four rows across are shared along a row.
import { allocate } from "nomad/memory";
import { Grid } from "./grid.ts";

const WIDTH_MAX: u32 = 256 + 2;
/** For each x: the sum over the four rows that touch ours, and over the four beyond a corner. */
const beside: usize = allocate(8 * WIDTH_MAX, 64);
const across: usize = allocate(8 * WIDTH_MAX, 64);

const A_CENTRE: f64 = -8.0 / 3.0;
const A_EDGE: f64 = 1.0 / 6.0;
const A_CORNER: f64 = 1.0 / 12.0;

const C_CENTRE: f64 = -3.0 / 8.0;
const C_FACE: f64 = 1.0 / 32.0;
const C_EDGE: f64 = -1.0 / 64.0;

/** r = v - A u; v may be r. */
export function residual(u: Grid, v: Grid, r: Grid): void {
  const centre = f64x2.splat(A_CENTRE);
  const edge = f64x2.splat(A_EDGE);
  const corner = f64x2.splat(A_CORNER);
  const bytes = <usize>(8 * u.n);
  for (let z = 1; z <= u.planes; z++) {
    for (let y = 1; y <= u.n; y++) {
      addRows(u, y, z);
      const uRow = u.row(y, z);
      const vRow = v.row(y, z);
      const rRow = r.row(y, z);
      // The weight of faces is 0.
      for (let x: usize = 8; x <= bytes; x += 16) {
        const corners = f64x2.add(v128.load(across + x - 8), v128.load(across + x + 8));
        const faces = f64x2.add(v128.load(beside + x - 8), v128.load(beside + x + 8));
        const edges = f64x2.add(v128.load(across + x), faces);
        const far = f64x2.add(f64x2.mul(edge, edges), f64x2.mul(corner, corners));
        const near = f64x2.mul(centre, v128.load(uRow + x));
        v128.store(rRow + x, f64x2.sub(f64x2.sub(v128.load(vRow + x), near), far));
      }
    }
  }
  r.wrap();
}

/** u = u + C r. */
export function smooth(r: Grid, u: Grid): void {
  const centre = f64x2.splat(C_CENTRE);
  const face = f64x2.splat(C_FACE);
  const edge = f64x2.splat(C_EDGE);
  const bytes = <usize>(8 * u.n);
  for (let z = 1; z <= u.planes; z++) {
    for (let y = 1; y <= u.n; y++) {
      addRows(r, y, z);
      const rRow = r.row(y, z);
      const uRow = u.row(y, z);
      // The weight of corners is 0.
      for (let x: usize = 8; x <= bytes; x += 16) {
        const inRow = f64x2.add(v128.load(rRow + x - 8), v128.load(rRow + x + 8));
        const faces = f64x2.add(inRow, v128.load(beside + x));
        const besides = f64x2.add(v128.load(beside + x - 8), v128.load(beside + x + 8));
        const edges = f64x2.add(v128.load(across + x), besides);
        const far = f64x2.add(f64x2.mul(face, faces), f64x2.mul(edge, edges));
        const near = f64x2.mul(centre, v128.load(rRow + x));
        v128.store(uRow + x, f64x2.add(f64x2.add(v128.load(uRow + x), near), far));
      }
    }
  }
  u.wrap();
}

/** Fills `beside` and `across` for a row, copies at its ends included. */
function addRows(grid: Grid, y: i32, z: i32): void {
  const below = grid.row(y, z - 1);
  const above = grid.row(y, z + 1);
  const left = grid.row(y - 1, z);
  const right = grid.row(y + 1, z);
  const belowLeft = grid.row(y - 1, z - 1);
  const belowRight = grid.row(y + 1, z - 1);
  const aboveLeft = grid.row(y - 1, z + 1);
  const aboveRight = grid.row(y + 1, z + 1);
  const bytes = <usize>(8 * grid.width);
  for (let x: usize = 0; x < bytes; x += 16) {
    const vertical = f64x2.add(v128.load(below + x), v128.load(above + x));
    const horizontal = f64x2.add(v128.load(left + x), v128.load(right + x));
    v128.store(beside + x, f64x2.add(horizontal, vertical));
    const low = f64x2.add(v128.load(belowLeft + x), v128.load(belowRight + x));
    const high = f64x2.add(v128.load(aboveLeft + x), v128.load(aboveRight + x));
    v128.store(across + x, f64x2.add(low, high));
  }
}
