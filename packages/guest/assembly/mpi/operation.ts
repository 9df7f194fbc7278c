// MPI_Datatype and MPI_Op, as far as reductions go.
import { check } from "../check.ts";

/** Types of elements. */
export const F64: u32 = 0;
export const I32: u32 = 1;
export const U32: u32 = 2;
export const I64: u32 = 3;
export const U64: u32 = 4;

/** What is done with two elements. All are commutative. */
export const SUM: u32 = 0;
export const MIN: u32 = 1;
export const MAX: u32 = 2;
export const BITWISE_XOR: u32 = 3;

export function elementBytes(type: u32): u32 {
  return type === I32 || type === U32 ? 4 : 8;
}

/** into[i] = into[i] OP from[i], for `count` elements of a type. */
export function combine(operation: u32, type: u32, into: usize, from: usize, count: u32): void {
  if (type === F64) combineAs<f64>(operation, into, from, count);
  else if (type === I32) combineAs<i32>(operation, into, from, count);
  else if (type === U32) combineAs<u32>(operation, into, from, count);
  else if (type === I64) combineAs<i64>(operation, into, from, count);
  else combineAs<u64>(operation, into, from, count);
}

function combineAs<T>(operation: u32, into: usize, from: usize, count: u32): void {
  const end = into + count * sizeof<T>();
  for (; into < end; into += sizeof<T>(), from += sizeof<T>()) {
    store<T>(into, combined<T>(operation, load<T>(into), load<T>(from)));
  }
}

function combined<T>(operation: u32, a: T, b: T): T {
  if (operation === SUM) return <T>(a + b);
  if (operation === MIN) return min<T>(a, b);
  if (operation === MAX) return max<T>(a, b);
  if (isInteger<T>()) return <T>(a ^ b);
  check(false, "MPI: this operation is none of floating point");
  return a;
}
