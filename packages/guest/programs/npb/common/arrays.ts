// Arrays outside the garbage collector, without bounds: what hot loops work on.
import { allocate } from "nomad/memory";

const PAGE: u32 = 4096;

@unmanaged
export class Doubles {
  static make(count: u32): Doubles {
    return changetype<Doubles>(<usize>allocate(count * 8, PAGE));
  }

  @inline
  @operator("[]")
  get(index: i32): f64 {
    return load<f64>(changetype<usize>(this) + ((<usize>index) << 3));
  }

  @inline
  @operator("[]=")
  set(index: i32, value: f64): void {
    store<f64>(changetype<usize>(this) + ((<usize>index) << 3), value);
  }

  /** An element and the one after it. */
  @inline
  pair(index: i32): v128 {
    return v128.load(this.at(index));
  }

  @inline
  setPair(index: i32, pair: v128): void {
    v128.store(this.at(index), pair);
  }

  /** Address of an element. */
  @inline
  at(index: i32): usize {
    return changetype<usize>(this) + ((<usize>index) << 3);
  }

  fill(value: f64, count: i32): void {
    for (let i = 0; i < count; i++) this[i] = value;
  }
}

@unmanaged
export class Ints {
  static make(count: u32): Ints {
    return changetype<Ints>(<usize>allocate(count * 4, PAGE));
  }

  @inline
  @operator("[]")
  get(index: i32): i32 {
    return load<i32>(changetype<usize>(this) + ((<usize>index) << 2));
  }

  @inline
  @operator("[]=")
  set(index: i32, value: i32): void {
    store<i32>(changetype<usize>(this) + ((<usize>index) << 2), value);
  }

  @inline
  at(index: i32): usize {
    return changetype<usize>(this) + ((<usize>index) << 2);
  }

  zero(count: i32): void {
    memory.fill(changetype<usize>(this), 0, (<usize>count) << 2);
  }
}
