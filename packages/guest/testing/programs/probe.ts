// memory: 2 MiB
// What a test asks of a guest: to be in a certain place when it is stopped.
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";
import { clock, shutdownRequested, sleep, WAIT_OK, wait } from "nomad/vmm";

/** A word that tests set and notify; at the start of the program's own memory, so that they find it. */
const gate = memory.data(8, 8);

/** Calls nothing and passes no outer loop: only a strip-mined check can stop it. */
function spin(iterations: u64): u64 {
  let x: u64 = 1;
  for (let i: u64 = 0; i < iterations; i++) x = x * 0x5deece66d + 11;
  return x;
}

/** Looks at no stop word while its inner loop runs: that one ends by itself, though late. */
function stubborn(iterations: u64): u64 {
  let x: u64 = 1;
  for (let round = 0; round < 2; round++) {
    for (let i: u64 = 0; i < iterations; i++) x = x * 0x5deece66d + 11;
  }
  return x;
}

/** Waits for another agent inside of a loop that is left alone otherwise. */
function spinOnMemory(): void {
  for (let round = 0; round < 2; round++) while (load<i32>(gate) === 0) {}
}

function dive(depth: i32): i32 {
  if (depth === 0) {
    sleep(20_000_000);
    return 0;
  }
  return dive(depth - 1) + 1;
}

function trap(): void {
  store<i32>(memory.size() << 16, 1);
}

export function main(): i32 {
  const place = argument("place", "exit");
  if (place === "wait") {
    log(`gate ${gate}`);
    while (atomic.load<i32>(gate) === 0) wait(gate, 0, -1);
  } else if (place === "spin") {
    log(`spun ${spin(<u64>numberArgument("iterations", 1))}`);
  } else if (place === "stubborn") {
    log("stubborn");
    log(`done ${stubborn(<u64>numberArgument("iterations", 1))}`);
  } else if (place === "spin-on-memory") {
    log(`gate ${gate}`);
    spinOnMemory();
  } else if (place === "dive") {
    log(`dived ${dive(<i32>numberArgument("depth", 1000))}`);
  } else if (place === "shutdown") {
    while (!shutdownRequested()) sleep(3_600_000_000_000);
    log("asked to end");
  } else if (place === "clock") {
    let last = clock();
    for (let i = 0; i < 50; i++) {
      sleep(1_000_000);
      const now = clock();
      if (now <= last) return 1;
      last = now;
    }
    log(`clock ${last}`);
  } else if (place === "sleep") {
    const before = clock();
    const woken = wait(gate, 0, 5_000_000);
    log(`slept ${woken !== WAIT_OK && clock() - before >= 5_000_000}`);
  } else if (place === "trap") {
    trap();
  } else if (place === "abort") {
    throw new Error("on purpose");
  }
  return <i32>numberArgument("code", 0);
}
