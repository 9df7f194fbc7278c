// memory: 8 MiB
// A program of everything a compiler makes: recursion, maps, strings, virtual calls, closures, garbage, floats, hot loops.
// For one seed it logs one checksum, however often it is stopped and moved on the way.
import { argument, numberArgument } from "nomad/arguments";
import { log } from "nomad/log";

/** One step of the checksum (FNV-1a over 64-bit words). */
function mix(hash: u64, value: u64): u64 {
  return (hash ^ value) * 0x100000001b3;
}

/** xorshift64: the program's random numbers are part of its memory. */
class Generator {
  constructor(public state: u64) {}

  next(): u64 {
    let x = this.state;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    this.state = x;
    return x;
  }
}

abstract class Expression {
  abstract value(): f64;
}

class Leaf extends Expression {
  constructor(public number: f64) {
    super();
  }

  value(): f64 {
    return this.number;
  }
}

class Sum extends Expression {
  constructor(
    public left: Expression,
    public right: Expression,
  ) {
    super();
  }

  value(): f64 {
    return this.left.value() + this.right.value();
  }
}

class Scaled extends Expression {
  constructor(
    public inner: Expression,
    public factor: f64,
  ) {
    super();
  }

  value(): f64 {
    return this.inner.value() * this.factor;
  }
}

function tree(random: Generator, depth: i32): Expression {
  if (depth === 0) return new Leaf(<f64>(random.next() & 1023) / 64);
  if ((random.next() & 3) === 0) return new Scaled(tree(random, depth - 1), <f64>(random.next() & 7) / 8);
  return new Sum(tree(random, depth - 1), tree(random, depth - 1));
}

function fibonacci(n: i32): u64 {
  return n < 2 ? <u64>n : fibonacci(n - 1) + fibonacci(n - 2);
}

function words(random: Generator): u64 {
  const counts = new Map<string, i32>();
  for (let i = 0; i < 200; i++) {
    const word = `w${random.next() % 37}`;
    counts.set(word, (counts.has(word) ? counts.get(word) : 0) + 1);
  }
  const keys = counts.keys().sort();
  let hash: u64 = 7;
  for (let i = 0; i < keys.length; i++) hash = mix(hash, <u64>keys[i].length * 1000 + <u64>counts.get(keys[i]));
  return hash;
}

function stencil(grid: Float64Array, side: i32): f64 {
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const at = y * side + x;
      grid[at] = (grid[at - 1] + grid[at + 1] + grid[at - side] + grid[at + side]) / 4;
    }
  }
  return grid[side + 1];
}

function sieve(flags: Uint8Array): u64 {
  flags.fill(1);
  let primes: u64 = 0;
  for (let n = 2; n < flags.length; n++) {
    if (flags[n] === 0) continue;
    primes++;
    for (let multiple = 2 * n; multiple < flags.length; multiple += n) flags[multiple] = 0;
  }
  return primes;
}

export function main(): i32 {
  const random = new Generator(<u64>numberArgument("seed", 1) * 0x9e3779b97f4a7c15 + 1);
  const rounds = <i32>numberArgument("rounds", 20);
  const grid = new Float64Array(96 * 96);
  for (let i = 0; i < grid.length; i++) grid[i] = <f64>(random.next() & 255);
  const flags = new Uint8Array(50_000);
  let hash: u64 = 0xcbf29ce484222325;
  for (let round = 0; round < rounds; round++) {
    hash = mix(hash, reinterpret<u64>(tree(random, 9).value()));
    hash = mix(hash, fibonacci(20 + <i32>(random.next() % 3)));
    hash = mix(hash, words(random));
    hash = mix(hash, reinterpret<u64>(stencil(grid, 96)));
    hash = mix(hash, sieve(flags));
    const numbers = new Array<u64>();
    for (let i = 0; i < 500; i++) numbers.push(random.next());
    numbers.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    hash = numbers.reduce((sum: u64, number: u64) => mix(sum, number), hash);
  }
  log(`${argument("name", "mixed")} ${hash.toString(16)}`);
  return <i32>(hash & 0x7f);
}
