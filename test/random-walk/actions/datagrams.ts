import type { SendWr } from "@nomad/verbs";
import { type End, MINE, SLOT_BYTES, SLOTS } from "../end.ts";
import { randomBytes } from "../operation.ts";
import { GROUP, QKEY } from "../site.ts";
import type { World } from "../world.ts";

const sizes = [0, 1, 63, 1024, 4095, 4096] as const;
const EVERYBODY = 0xffffff;

/** Datagrams to one port or to a group of all, some with a wrong Q_Key. What arrives is intact, and was for the receiver. */
export function datagrams(world: World): void {
  const { random } = world;
  const ends = world.sites.map((site) => site.datagrams);
  for (const end of ends) {
    end.loose = [];
    while (end.posted.length < SLOTS && random.chance(0.8)) end.postReceive(SLOT_BYTES);
  }
  const from = random.pick(ends);
  for (let slot = 0; slot < SLOTS; slot++) {
    const target = random.chance(0.3) ? null : random.pick(ends);
    const rightKey = random.chance(0.9);
    const message = send(world, from, slot, target, rightKey);
    if (!rightKey) continue;
    for (const end of target === null ? ends : [target]) end.loose?.push(message);
  }
  world.check();
}

/** `target`: null for the group. */
function send(world: World, from: End, slot: number, target: End | null, rightKey: boolean) {
  const { random } = world;
  const { pd } = from;
  const multicast = { dlid: GROUP.mlid, grh: { dgid: GROUP.mgid } };
  const ah = pd.createAh(target === null ? multicast : { dlid: target.site.context.lid });
  const data = randomBytes(random, random.pick(sizes));
  const offset = MINE + slot * SLOT_BYTES;
  from.memory.write(offset, data);
  const ud = { ah, remoteQpn: target?.qp.qpn ?? EVERYBODY, remoteQkey: rightKey ? QKEY : QKEY + 1 };
  const wrId = from.takeSendId();
  const common = { wrId, signaled: true, sgList: [from.mr.sge(offset, data.length)], ud };
  const immediate = random.chance(0.5) ? random.uint32() : null;
  const wr: SendWr =
    immediate === null ? { ...common, opcode: "WR_SEND" } : { ...common, opcode: "WR_SEND_WITH_IMM", immediate };
  from.qp.postSend(wr);
  from.sends.push({ wrId, status: "WC_SUCCESS", opcode: "WC_SEND" });
  world.afterwards(() => ah.destroy());
  return { data, immediate, written: false };
}
