// Memory for queues and buffers: never moved or freed by the garbage collector.

/** `bytes` of zeroed memory at a multiple of `alignment`, a power of two. Kept until the program ends. */
export function allocate(bytes: u32, alignment: u32 = 64): u32 {
  const start = heap.alloc(<usize>bytes + alignment);
  const aligned = (<u32>start + alignment - 1) & ~(alignment - 1);
  memory.fill(aligned, 0, bytes);
  return aligned;
}
