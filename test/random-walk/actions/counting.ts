import { assert } from "@nomad/base";
import { COUNTER, type End, MINE, SLOT_BYTES, SLOTS } from "../end.ts";
import type { World } from "../world.ts";

/** All connections to a domain add to one counter at once: each addition happens once, and no two bring the same. */
export function countTogether(world: World): void {
  const home = world.anyEnd((each) => each.healthy && each.qp.type === "RC");
  if (home === null) return;
  const mayAdd = ({ healthy, qp, peer }: End) =>
    healthy && qp.type === "RC" && peer?.site === home.site && peer.pd === home.pd;
  const adders = world.ends.filter(mayAdd);
  const before = home.memory.expected(COUNTER, 8).readBigUInt64LE();
  const remote = { remoteAddress: home.memory.address + COUNTER, rkey: home.mr.rkey };
  for (let slot = 0; slot < SLOTS; slot++) {
    for (const end of adders) {
      const wrId = end.takeSendId();
      const sgList = [end.mr.sge(MINE + slot * SLOT_BYTES, 8)];
      end.qp.postSend({ wrId, opcode: "WR_ATOMIC_FETCH_AND_ADD", signaled: true, sgList, add: 1n, ...remote });
      end.sends.push({ wrId, status: "WC_SUCCESS", opcode: "WC_FETCH_ADD" });
    }
  }
  world.fabric.settle();
  const fetched = adders.flatMap((end) => Array.from({ length: SLOTS }, (_, slot) => take(end, slot)));
  home.memory.accept(COUNTER, 8);
  const all = new Set(fetched.map((value) => BigInt.asUintN(64, value - before)));
  const total = BigInt(fetched.length);
  assert(all.size === fetched.length && [...all].every((value) => value < total), "each addition brings another value");
  const after = home.memory.buffer.view.getBigUint64(COUNTER, true);
  assert(after === BigInt.asUintN(64, before + total), "each addition happens once");
  world.check();
}

/** What an addition has brought. */
function take({ memory }: End, slot: number): bigint {
  memory.accept(MINE + slot * SLOT_BYTES, 8);
  return memory.expected(MINE + slot * SLOT_BYTES, 8).readBigUInt64LE();
}
