// Steps whose result everybody can work out alone.
import { allocate } from "nomad/memory";
import { allreduce, BITWISE_XOR, Communicator, MAX, reduce, SUM, scan, split, U64 } from "nomad/mpi";
import { Plan } from "./plan.ts";
import { Witness } from "./witness.ts";

const COUNT_MAX: i32 = 4096;
const mine = allocate(COUNT_MAX * 8);
const reduced = allocate(COUNT_MAX * 8);

function operationOf(lot: i32): u32 {
  return lot === 0 ? SUM : lot === 1 ? MAX : BITWISE_XOR;
}

function apply(operation: u32, a: u64, b: u64): u64 {
  if (operation === SUM) return a + b;
  return operation === MAX ? max(a, b) : a ^ b;
}

function contribute(witness: Witness, plan: Plan, rank: i32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) store<u64>(mine + 8 * i, witness.contribution(plan.step, rank, i));
}

/** Compares `reduced` with the reduction over some ranks of the world. */
function compare(witness: Witness, plan: Plan, ranks: i32[], count: u32, operation: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    let expected = witness.contribution(plan.step, ranks[0], i);
    for (let r = 1; r < ranks.length; r++) {
      expected = apply(operation, expected, witness.contribution(plan.step, ranks[r], i));
    }
    const seen = load<u64>(reduced + 8 * i);
    witness.see(seen, seen === expected);
  }
}

function firstRanks(count: i32): i32[] {
  const ranks: i32[] = [];
  for (let rank = 0; rank < count; rank++) ranks.push(rank);
  return ranks;
}

export function reductionStep(world: Communicator, plan: Plan, witness: Witness): void {
  const count = 1 + plan.below(COUNT_MAX);
  const operation = operationOf(plan.below(3));
  const root = plan.rank();
  const toAll = plan.below(2) === 0;
  contribute(witness, plan, world.rank, count);
  if (toAll) allreduce(world, mine, reduced, count, U64, operation);
  else reduce(world, mine, reduced, count, U64, operation, root);
  if (toAll || world.rank === root) compare(witness, plan, firstRanks(world.size), count, operation);
}

export function scanStep(world: Communicator, plan: Plan, witness: Witness): void {
  const count = 1 + plan.below(COUNT_MAX);
  const operation = operationOf(plan.below(3));
  contribute(witness, plan, world.rank, count);
  scan(world, mine, reduced, count, U64, operation);
  compare(witness, plan, firstRanks(world.rank + 1), count, operation);
}

/** The world in two parts, backwards, and a reduction in each. */
export function splitStep(world: Communicator, plan: Plan, witness: Witness): void {
  const colours: i32[] = [];
  for (let rank = 0; rank < world.size; rank++) colours.push(plan.below(2));
  const part = split(world, colours[world.rank], -world.rank);
  const members: i32[] = [];
  for (let rank = 0; rank < world.size; rank++) if (colours[rank] === colours[world.rank]) members.push(rank);
  witness.see(part.size, part.rank === members.length - 1 - members.indexOf(world.rank));
  contribute(witness, plan, world.rank, 16);
  allreduce(part, mine, reduced, 16, U64, SUM);
  compare(witness, plan, members, 16, SUM);
}
