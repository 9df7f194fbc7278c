// memory: 16 MiB
// The program `many`, with less memory.
import { main as many } from "../many.ts";

export function main(): i32 {
  return many();
}
