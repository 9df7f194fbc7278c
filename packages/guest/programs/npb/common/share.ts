// What each rank has of a whole: contiguous parts, as equal as can be.

export function shareStart(total: i32, ranks: i32, rank: i32): i32 {
  return <i32>((<i64>total * rank) / ranks);
}
