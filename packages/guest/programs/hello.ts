// memory: 2 MiB
// The smallest program: says hello once a second until it is asked to end.
import { argument } from "nomad/arguments";
import { log } from "nomad/log";
import { shutdownRequested, sleep } from "nomad/vmm";

const SECOND: i64 = 1_000_000_000;

export function main(): i32 {
  const name = argument("name", "world");
  for (let n = 1; !shutdownRequested(); n++) {
    log(`hello ${name}, ${n}`);
    sleep(SECOND);
  }
  log(`good-bye ${name}`);
  return 0;
}
