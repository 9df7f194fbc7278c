// Between a grid and the next coarser one, of half as many points each way: coarse point j lies on fine point 2 j.
import { Grid } from "./grid.ts";

/** coarse = the fine grid's residual, each point weighted with its 26 neighbours (rprj3). */
export function restrict(fine: Grid, coarse: Grid): void {
  // The coarse planes that lie on planes of ours.
  const each = fine.planes / 2;
  const offset = coarse.isCut ? 0 : fine.before / 2;
  for (let z = 1; z <= each; z++) {
    for (let y = 1; y <= coarse.n; y++) restrictRow(fine, coarse.row(y, z + offset), coarse.n, 2 * y, 2 * z);
  }
  if (fine.isCut && !coarse.isCut) coarse.gatherPlanes(each);
  coarse.wrap();
}

/** One coarse row from the fine row (y, z) and those around it. */
function restrictRow(fine: Grid, into: usize, points: i32, y: i32, z: i32): void {
  const here = fine.row(y, z);
  const left = fine.row(y - 1, z);
  const right = fine.row(y + 1, z);
  const below = fine.row(y, z - 1);
  const above = fine.row(y, z + 1);
  const belowLeft = fine.row(y - 1, z - 1);
  const belowRight = fine.row(y + 1, z - 1);
  const aboveLeft = fine.row(y - 1, z + 1);
  const aboveRight = fine.row(y + 1, z + 1);
  for (let i = 1; i <= points; i++) {
    const x = <usize>(16 * i);
    let faces = load<f64>(here + x - 8) + load<f64>(here + x + 8);
    let edges: f64 = 0;
    let corners: f64 = 0;
    faces += load<f64>(left + x) + load<f64>(right + x) + load<f64>(below + x) + load<f64>(above + x);
    edges += load<f64>(left + x - 8) + load<f64>(right + x - 8) + load<f64>(below + x - 8) + load<f64>(above + x - 8);
    edges += load<f64>(left + x + 8) + load<f64>(right + x + 8) + load<f64>(below + x + 8) + load<f64>(above + x + 8);
    edges +=
      load<f64>(belowLeft + x) + load<f64>(belowRight + x) + load<f64>(aboveLeft + x) + load<f64>(aboveRight + x);
    corners += load<f64>(belowLeft + x - 8) + load<f64>(belowRight + x - 8);
    corners += load<f64>(aboveLeft + x - 8) + load<f64>(aboveRight + x - 8);
    corners += load<f64>(belowLeft + x + 8) + load<f64>(belowRight + x + 8);
    corners += load<f64>(aboveLeft + x + 8) + load<f64>(aboveRight + x + 8);
    store<f64>(into + 8 * i, 0.5 * load<f64>(here + x) + 0.25 * faces + 0.125 * edges + 0.0625 * corners);
  }
}

/** fine = fine + the coarse grid, interpolated; copies included, so that they stay right (interp). */
export function interpolate(coarse: Grid, fine: Grid): void {
  const offset = coarse.isCut ? 0 : fine.before / 2;
  for (let z = 0; z <= fine.planes / 2; z++) {
    for (let y = 0; y <= coarse.n; y++) {
      const here = coarse.row(y, z + offset);
      const right = coarse.row(y + 1, z + offset);
      const above = coarse.row(y, z + 1 + offset);
      const aboveRight = coarse.row(y + 1, z + 1 + offset);
      spread(here, here, here, here, fine.row(2 * y, 2 * z), coarse.n);
      spread(here, right, here, right, fine.row(2 * y + 1, 2 * z), coarse.n);
      spread(here, above, here, above, fine.row(2 * y, 2 * z + 1), coarse.n);
      spread(here, right, above, aboveRight, fine.row(2 * y + 1, 2 * z + 1), coarse.n);
    }
  }
}

/** Adds the mean of four coarse rows, some of them the same, to a fine one. */
function spread(a: usize, b: usize, c: usize, d: usize, into: usize, points: i32): void {
  let at = sumAt(a, b, c, d, 0);
  for (let i: usize = 0; i <= <usize>points; i++) {
    const next = sumAt(a, b, c, d, 8 * (i + 1));
    const fine = into + 16 * i;
    store<f64>(fine, load<f64>(fine) + 0.25 * at);
    store<f64>(fine + 8, load<f64>(fine + 8) + 0.125 * (at + next));
    at = next;
  }
}

function sumAt(a: usize, b: usize, c: usize, d: usize, x: usize): f64 {
  return load<f64>(a + x) + load<f64>(b + x) + (load<f64>(c + x) + load<f64>(d + x));
}
