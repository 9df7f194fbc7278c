// The kinds of steps. Each draws from the plan before it looks at its own rank, so that all ranks draw alike.
import { allocate } from "nomad/memory";
import { ANY_SOURCE, allgather, alltoall, barrier, bcast, Communicator, gather, Request, scatter } from "nomad/mpi";
import { sleep } from "nomad/vmm";
import { alltoallvStep } from "./alltoallv-step.ts";
import { BYTES_MAX, MESSAGES_MAX, Message, Plan } from "./plan.ts";
import { reductionStep, scanStep, splitStep } from "./reduction-steps.ts";
import { ALL, Witness } from "./witness.ts";

const KINDS: i32 = 13;
const MILLISECOND: i64 = 1_000_000;
/** Collective operations move at most so much for each rank. */
const COLLECTIVE_BYTES_MAX: u32 = 64 * 1024;

const outArea = allocate(MESSAGES_MAX * BYTES_MAX, 4096);
const inArea = allocate(MESSAGES_MAX * BYTES_MAX, 4096);

/** Takes the next step of the plan. */
export function step(world: Communicator, plan: Plan, witness: Witness): void {
  plan.step++;
  const kind = plan.below(KINDS);
  if (kind === 0) ringStep(world, plan, witness);
  else if (kind === 1) messagesStep(world, plan, witness, false);
  else if (kind === 2) messagesStep(world, plan, witness, true);
  else if (kind === 3) anySourceStep(world, plan, witness);
  else if (kind === 4) bcastStep(world, plan, witness);
  else if (kind === 5) reductionStep(world, plan, witness);
  else if (kind === 6) gatherStep(world, plan, witness);
  else if (kind === 7) scatterStep(world, plan, witness);
  else if (kind === 8) allgatherStep(world, plan, witness);
  else if (kind === 9) alltoallStep(world, plan, witness);
  else if (kind === 10) alltoallvStep(world, plan, witness, outArea, inArea);
  else if (kind === 11) scanStep(world, plan, witness);
  else splitStep(world, plan, witness);
  pauseStep(world, plan);
}

/** One of the ranks is late for the next step. */
function pauseStep(world: Communicator, plan: Plan): void {
  const late = plan.rank();
  const milliseconds = plan.below(8);
  if (late === world.rank) sleep(milliseconds * MILLISECOND);
}

function ringStep(world: Communicator, plan: Plan, witness: Witness): void {
  const bytes = plan.bytes();
  const distance = 1 + plan.below(world.size);
  const to = (world.rank + distance) % world.size;
  const from = (world.rank - (distance % world.size) + world.size) % world.size;
  witness.fill(outArea, bytes, plan.step, world.rank, to);
  world.sendrecv(outArea, bytes, to, inArea, bytes, from, 7);
  witness.check(inArea, bytes, plan.step, from, world.rank);
}

/** Messages between any ranks, received in another order; `late`: after all have arrived, so that none is expected. */
function messagesStep(world: Communicator, plan: Plan, witness: Witness, late: bool): void {
  const messages = plan.messages();
  const order = plan.order(messages.length);
  const sends: Request[] = [];
  const receives: Request[] = [];
  if (late) sendAll(world, plan, witness, messages, sends);
  if (late) barrier(world);
  for (let i = 0; i < order.length; i++) {
    const message = messages[order[i]];
    if (message.to !== world.rank) continue;
    const place = placeOf(inArea, messages, order[i]);
    receives.push(world.irecv(place, message.bytes, message.from, message.tag));
  }
  if (!late) sendAll(world, plan, witness, messages, sends);
  world.waitall(receives);
  world.waitall(sends);
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (message.to !== world.rank) continue;
    witness.check(placeOf(inArea, messages, i), message.bytes, plan.step, message.from, message.tag);
  }
}

function sendAll(world: Communicator, plan: Plan, witness: Witness, messages: Message[], sends: Request[]): void {
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (message.from !== world.rank) continue;
    const place = placeOf(outArea, messages, i);
    witness.fill(place, message.bytes, plan.step, message.from, message.tag);
    sends.push(world.isend(place, message.bytes, message.to, message.tag));
  }
}

/** Messages of a step lie one behind the other. */
function placeOf(area: u32, messages: Message[], index: i32): u32 {
  let place = area;
  for (let i = 0; i < index; i++) place += messages[i].bytes;
  return place;
}

/** Everybody sends to one, who takes what comes first; of this step, not of a later one that some are at already. */
function anySourceStep(world: Communicator, plan: Plan, witness: Witness): void {
  const root = plan.rank();
  const bytes = plan.bytes();
  const tag = <i32>plan.step;
  if (world.rank !== root) {
    witness.fill(outArea, bytes, plan.step, world.rank, root);
    return world.send(outArea, bytes, root, tag);
  }
  for (let i = 1; i < world.size; i++) {
    const received = world.recv(inArea + i * BYTES_MAX, bytes, ANY_SOURCE, tag);
    // Their order is nobody's promise, so it must not show in the checksum.
    const alone = new Witness(plan.seed);
    alone.check(inArea + i * BYTES_MAX, received.bytes, plan.step, world.sourceOf(received), root);
    witness.wrong += alone.wrong;
  }
}

function bcastStep(world: Communicator, plan: Plan, witness: Witness): void {
  const root = plan.rank();
  const bytes = plan.bytes();
  if (world.rank === root) witness.fill(inArea, bytes, plan.step, root, ALL);
  bcast(world, inArea, bytes, root);
  witness.check(inArea, bytes, plan.step, root, ALL);
}

function gatherStep(world: Communicator, plan: Plan, witness: Witness): void {
  const root = plan.rank();
  const bytes = plan.bytes() % COLLECTIVE_BYTES_MAX;
  witness.fill(outArea, bytes, plan.step, world.rank, root);
  gather(world, outArea, bytes, inArea, root);
  if (world.rank !== root) return;
  for (let r = 0; r < world.size; r++) witness.check(inArea + r * bytes, bytes, plan.step, r, root);
}

function scatterStep(world: Communicator, plan: Plan, witness: Witness): void {
  const root = plan.rank();
  const bytes = plan.bytes() % COLLECTIVE_BYTES_MAX;
  if (world.rank === root) {
    for (let r = 0; r < world.size; r++) witness.fill(outArea + r * bytes, bytes, plan.step, root, r);
  }
  scatter(world, outArea, bytes, inArea, root);
  witness.check(inArea, bytes, plan.step, root, world.rank);
}

function allgatherStep(world: Communicator, plan: Plan, witness: Witness): void {
  const bytes = plan.bytes() % COLLECTIVE_BYTES_MAX;
  witness.fill(outArea, bytes, plan.step, world.rank, ALL);
  allgather(world, outArea, bytes, inArea);
  for (let r = 0; r < world.size; r++) witness.check(inArea + r * bytes, bytes, plan.step, r, ALL);
}

function alltoallStep(world: Communicator, plan: Plan, witness: Witness): void {
  const bytes = plan.bytes() % COLLECTIVE_BYTES_MAX;
  for (let r = 0; r < world.size; r++) witness.fill(outArea + r * bytes, bytes, plan.step, world.rank, r);
  alltoall(world, outArea, bytes, inArea);
  for (let r = 0; r < world.size; r++) witness.check(inArea + r * bytes, bytes, plan.step, r, world.rank);
}
