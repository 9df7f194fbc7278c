// memory: 256 MiB
// The program `many`, with more memory.
import { main as many } from "../many.ts";

export function main(): i32 {
  return many();
}
