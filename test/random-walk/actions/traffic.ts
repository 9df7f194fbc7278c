import { type End, MINE, SLOT_BYTES, SLOTS, THEIRS } from "../end.ts";
import { allowed, choose, hasImmediate, operationKinds, prepare, randomBytes, takesReceive } from "../operation.ts";
import { postGood, provideReceive } from "../post.ts";
import type { World } from "../world.ts";

/** Several reliable connections do whatever works, at the same time, in both directions. */
export function traffic(world: World): void {
  const { random } = world;
  const busy = new Set<End>();
  for (let i = random.between(1, 4); i > 0; i--) {
    const end = world.anyEnd((each) => each.healthy && each.qp.type === "RC" && !busy.has(each));
    if (end === null) break;
    busy.add(end);
    postSome(world, end, random.between(1, SLOTS));
    for (let steps = random.between(0, 12); steps > 0; steps--) world.step();
  }
  world.check();
}

function postSome(world: World, end: End, count: number): void {
  const { random } = world;
  const peer = end.peer as End;
  for (let slot = 0; slot < count; slot++) {
    const chosen = choose(random, end, random.pick(operationKinds), slot, random.pick(peer.keys));
    const operation = allowed(chosen, peer) ? chosen : { ...chosen, key: peer.keys[0] ?? chosen.key };
    if (takesReceive(operation.kind) && !provideReceive(peer)) continue;
    postGood(random, end, operation);
  }
}

/** What a READ brings is sent on at once, by work requests that wait for it. */
export function relay(world: World): void {
  const end = world.anyEnd((each) => each.healthy && each.qp.type === "RC");
  const { memory } = end?.peer ?? {};
  const key = end?.peer?.keys[0];
  if (end === null || memory === undefined || key === undefined) return;
  const bytes = world.random.pick([64, 4096, SLOT_BYTES]);
  const local = { sgList: [end.mr.sge(MINE, bytes)] };
  const remote = (slot: number) => ({ remoteAddress: memory.address + THEIRS + slot * SLOT_BYTES, rkey: key.rkey });
  const [first, second] = [end.takeSendId(), end.takeSendId()];
  const passed = memory.expected(THEIRS, bytes);
  end.memory.write(MINE, randomBytes(world.random, bytes));
  end.qp.postSend({ wrId: first, signaled: true, opcode: "WR_RDMA_READ", ...local, ...remote(0) });
  end.qp.postSend({ wrId: second, signaled: true, fence: true, opcode: "WR_RDMA_WRITE", ...local, ...remote(1) });
  end.sends.push({ wrId: first, status: "WC_SUCCESS" }, { wrId: second, status: "WC_SUCCESS" });
  end.memory.expect(MINE, passed);
  memory.expect(THEIRS + SLOT_BYTES, passed);
  world.check();
}

const unreliableKinds = ["send", "sendImm", "write", "writeImm"] as const;

/** An unreliable connection sends what may be lost: what arrives is intact. */
export function unreliable(world: World): void {
  const { random } = world;
  const end = world.anyEnd((each) => each.healthy && each.qp.type === "UC");
  if (end === null) return;
  const peer = end.peer as End;
  peer.loose = [];
  while (peer.posted.length < SLOTS && random.chance(0.8)) peer.postReceive(SLOT_BYTES);
  for (let slot = 0; slot < SLOTS; slot++) {
    const key = peer.keys[0];
    if (key === undefined) break;
    const operation = choose(random, end, random.pick(unreliableKinds), slot, key);
    const { kind, mine, theirs, bytes, immediate, signaled } = operation;
    const { wr, success } = prepare(random, end, operation);
    end.qp.postSend(wr);
    if (signaled) end.sends.push(success);
    const data = end.memory.expected(mine, bytes);
    const written = kind === "write" || kind === "writeImm";
    if (written) peer.looseWrites.push({ offset: theirs, data });
    if (takesReceive(kind)) peer.loose.push({ data, written, immediate: hasImmediate(kind) ? immediate : null });
  }
  world.check();
}
