import type { Random } from "@nomad/base";
import type { SendWr } from "@nomad/verbs";
import { COUNTER, type End, MINE, SLOTS } from "../end.ts";
import type { Opening } from "../opening.ts";
import { allowed, choose, type Operation, operationKinds, prepare, rightsNeeded, takesReceive } from "../operation.ts";
import { postGood, provideReceive } from "../post.ts";
import type { World } from "../world.ts";

// What must fail: with what status, at which end, and nothing of it is left in memory.

type Failure = (world: World, end: End, peer: End) => boolean;

/** Each posts one work request that fails, and tells the model how; false, and nothing done, when it cannot. */
const failures: readonly Failure[] = [
  wrongKey,
  wrongLocalKey,
  noReceive,
  shortReceive,
  misaligned,
  wrongLength,
  wrongInvalidate,
];

/** One connection does something forbidden, between things that are not. What is behind it is flushed. */
export function hostile(world: World): void {
  const { random } = world;
  const end = world.anyEnd((each) => each.healthy && each.qp.type === "RC");
  if (end === null) return;
  const peer = end.peer as End;
  world.calmly(() => {
    for (let slot = random.between(0, 2); slot > 0; slot--) good(world, end, slot);
    if (!random.pick(failures)(world, end, peer)) return;
    end.fail();
    for (let slot = random.between(0, 2); slot > 0; slot--) flushed(world, end, slot + 2);
  });
}

/** One end of a connection has failed; the other hears nothing any more. */
export function deaf(world: World): void {
  const end = world.anyEnd((each) => each.qp.type === "RC" && !each.failed && each.peer?.failed === true);
  if (end === null) return;
  world.calmly(() => {
    postBad(end, choose(world.random, end, "write", 0, firstKey(end.peer as End)), world, "WC_RETRY_EXC_ERR");
    end.fail();
  });
}

function good(world: World, end: End, slot: number): void {
  const { random } = world;
  const peer = end.peer as End;
  const kind = random.pick(operationKinds);
  if (takesReceive(kind) && !provideReceive(peer)) return;
  postGood(random, end, choose(random, end, kind, slot, firstKey(peer)));
}

function flushed(world: World, end: End, slot: number): void {
  const kind = world.random.pick(operationKinds);
  postBad(end, choose(world.random, end, kind, slot % SLOTS, firstKey(end.peer as End)), world, "WC_WR_FLUSH_ERR");
}

type BadStatus = End["sends"][number]["status"];

function postBad(end: End, operation: Operation, world: World, status: BadStatus, change: Partial<SendWr> = {}): void {
  const { wr, success } = prepare(world.random, end, operation);
  end.qp.postSend({ ...wr, ...change } as SendWr);
  end.sends.push({ wrId: success.wrId, status });
}

function firstKey(end: End) {
  const [key] = end.keys;
  if (key === undefined) throw new Error("an end has a key to all of its memory");
  return key;
}

/** A key of the peer's as it is, or as it might have been before: with another variant. */
function anyKey(random: Random, peer: End): Opening {
  const key = random.pick(peer.keys);
  return random.chance(0.8) ? key : { ...key, rkey: key.rkey ^ 4, open: false };
}

/** A key of the peer's that is no more, or does not open this. */
function wrongKey(world: World, end: End, peer: End): boolean {
  const { random } = world;
  const kinds = operationKinds.filter((kind) => rightsNeeded[kind] !== 0 && kind !== "writeImm");
  for (let attempt = 0; attempt < 8; attempt++) {
    const chosen = choose(random, end, random.pick(kinds), 3, anyKey(random, peer));
    const beyond = random.chance(0.3) ? { theirs: COUNTER + 64 } : {};
    const operation = { ...chosen, ...beyond };
    if (operation.bytes === 0 || allowed(operation, peer)) continue;
    postBad(end, operation, world, "WC_REM_ACCESS_ERR");
    peer.site.expectQpEvent("QP_ACCESS_ERR", peer.qp.qpn);
    peer.fail();
    return true;
  }
  return false;
}

function wrongLocalKey(world: World, end: End, peer: End): boolean {
  const sgList = [{ address: end.memory.address + MINE, length: 8, lkey: end.mr.rkey }];
  const operation = { ...choose(world.random, end, "read", 3, firstKey(peer)), bytes: 8 };
  postBad(end, operation, world, "WC_LOC_PROT_ERR", { sgList });
  // It fails only when the response has come: what is on its way behind it by then, the peer does.
  world.fabric.settle();
  return true;
}

function noReceive(world: World, end: End, peer: End): boolean {
  const left = peer.pool === null ? peer.posted.length : peer.pool.posted.size - peer.pool.promised;
  if (left > 0) return false;
  postBad(end, choose(world.random, end, "send", 3, firstKey(peer)), world, "WC_RNR_RETRY_EXC_ERR");
  return true;
}

function shortReceive(world: World, end: End, peer: End): boolean {
  if (peer.pool !== null || peer.posted.length > 0 || peer.receives.length >= SLOTS) return false;
  const operation = { ...choose(world.random, end, "send", 3, firstKey(peer)), bytes: 100 };
  peer.postReceive(4);
  const short = peer.posted.shift();
  if (short === undefined) return false;
  postBad(end, operation, world, "WC_REM_INV_REQ_ERR");
  peer.receives.push({ wrId: short.wrId, status: "WC_LOC_LEN_ERR" });
  peer.fail();
  return true;
}

function misaligned(world: World, end: End, peer: End): boolean {
  const operation = { ...choose(world.random, end, "compareSwap", 3, firstKey(peer)), theirs: COUNTER + 4 };
  postBad(end, operation, world, "WC_REM_INV_REQ_ERR");
  peer.site.expectQpEvent("QP_REQ_ERR", peer.qp.qpn);
  peer.fail();
  return true;
}

function wrongLength(world: World, end: End, peer: End): boolean {
  postBad(end, { ...choose(world.random, end, "fetchAdd", 3, firstKey(peer)), bytes: 16 }, world, "WC_LOC_LEN_ERR");
  return true;
}

/** A message that is to invalidate what its receiver has not bound. */
function wrongInvalidate(_world: World, end: End, peer: End): boolean {
  if (peer.pool !== null || !provideReceive(peer)) return false;
  const taken = peer.posted.shift();
  if (taken === undefined) return false;
  const wrId = end.takeSendId();
  end.qp.postSend({ wrId, opcode: "WR_SEND_WITH_INV", invalidateRkey: peer.mr.rkey });
  end.sends.push({ wrId, status: "WC_REM_ACCESS_ERR" });
  peer.receives.push({ wrId: taken.wrId, status: "WC_REM_ACCESS_ERR" });
  peer.site.expectQpEvent("QP_ACCESS_ERR", peer.qp.qpn);
  peer.fail();
  return true;
}
