import type { Random } from "@nomad/base";
import { access, type MemoryWindow } from "@nomad/verbs";
import { type End, MINE, type Receive, SLOT_BYTES } from "../end.ts";
import type { Opening } from "../opening.ts";
import { randomBytes } from "../operation.ts";
import { provideReceive } from "../post.ts";
import type { World } from "../world.ts";
import { isRegion, isWindow } from "./regions.ts";

// Windows are allocated, bound, invalidated and deallocated; what the rules forbid fails.

type WindowKey = Opening & { readonly of: MemoryWindow };

const KEYS_MAX = 12;
const REMOTE_CHANGE = access.REMOTE_WRITE | access.REMOTE_ATOMIC;
const rightsOf = [access.REMOTE_WRITE, access.REMOTE_READ, access.REMOTE_ATOMIC];

export function allocate(world: World): void {
  const end = world.anyEnd((each) => each.qp.type === "RC" && each.keys.length < KEYS_MAX);
  if (end === null) return;
  const pd = world.random.chance(0.9) ? end.pd : world.random.pick(end.site.pds);
  const of = pd.allocMw(world.random.pick([1, 2]));
  end.keys.push({ of, pd, rkey: of.rkey, offset: 0, length: 0, rights: 0, open: false, owner: null, region: null });
}

export function bind(world: World): void {
  const { random } = world;
  const end = world.anyEnd((each) => each.healthy && windowsOf(each).length > 0);
  if (end === null) return;
  const window = random.pick(windowsOf(end));
  const region = random.pick(end.keys.filter(isRegion));
  const offset = region.offset + (random.chance(0.5) ? 0 : random.between(0, region.length >> 1));
  const length = random.pick([0, region.length, region.length, random.between(1, region.length + 2)]);
  const rights = rightsOf.filter(() => random.chance(0.6)).reduce((all, right) => all | right, 0);
  const range = { address: end.memory.address + offset, length };
  const good = bindable(end, window, region, offset, length, rights);
  world.calmly(() => {
    const wrId = end.takeSendId();
    const wr = { wrId, opcode: "WR_BIND_MW", signaled: true, mw: window.of } as const;
    end.qp.postSend({ ...wr, bind: { mr: region.of, ...range, access: rights } });
    end.sends.push(good ? { wrId, status: "WC_SUCCESS", opcode: "WC_BIND_MW" } : { wrId, status: "WC_MW_BIND_ERR" });
    if (!good) return end.fail();
    const owner = window.of.type === 2 ? end : null;
    const bound = length > 0;
    Object.assign(window, {
      rkey: window.of.rkey,
      offset,
      length,
      rights,
      open: bound,
      owner,
      region: bound ? region : null,
    });
  });
}

/** IBA 10.6.7.2.2. */
function bindable(
  end: End,
  window: WindowKey,
  region: Opening,
  offset: number,
  length: number,
  rights: number,
): boolean {
  if (window.pd !== end.pd) return false;
  if (window.of.type === 2 && (window.open || length === 0)) return false;
  if (length === 0) return true;
  if (!region.open || region.pd !== window.pd || (region.rights & access.MW_BIND) === 0) return false;
  if ((rights & REMOTE_CHANGE) !== 0 && (region.rights & access.LOCAL_WRITE) === 0) return false;
  return offset >= region.offset && offset + length <= region.offset + region.length;
}

/** By its owner, or by a message of its owner's peer. */
export function invalidate(world: World): void {
  const { random } = world;
  const bound = (each: End) => windowsOf(each).filter(({ open, of, owner }) => open && of.type === 2 && owner === each);
  const end = world.anyEnd((each) => each.healthy && bound(each).length > 0);
  if (end === null) return;
  const window = random.pick(bound(end));
  const byMessage = end.pool === null && random.chance(0.5) && provideReceive(end);
  world.calmly(() => {
    if (byMessage) sendInvalidate(random, end, window.rkey);
    else invalidateOwn(end, window.rkey);
    close(window);
  });
}

function invalidateOwn(end: End, invalidateRkey: number): void {
  const wrId = end.takeSendId();
  end.qp.postSend({ wrId, opcode: "WR_LOCAL_INV", signaled: true, invalidateRkey });
  end.sends.push({ wrId, status: "WC_SUCCESS", opcode: "WC_LOCAL_INV" });
}

/** The peer of `end` sends a message, of one packet or of many, that closes a window of `end`. */
function sendInvalidate(random: Random, end: End, invalidateRkey: number): void {
  const poster = end.peer as End;
  const receive = end.posted.shift() as Receive;
  const data = randomBytes(random, random.pick([0, 100, SLOT_BYTES]));
  poster.memory.write(MINE, data);
  end.memory.expect(receive.offset, data);
  const wrId = poster.takeSendId();
  const sgList = [poster.mr.sge(MINE, data.length)];
  poster.qp.postSend({ wrId, opcode: "WR_SEND_WITH_INV", signaled: true, sgList, invalidateRkey });
  poster.sends.push({ wrId, status: "WC_SUCCESS", opcode: "WC_SEND" });
  const { length: byteLen } = data;
  end.receives.push({ wrId: receive.wrId, status: "WC_SUCCESS", byteLen, invalidated: invalidateRkey });
}

/** What is not bound, or is another's, is not invalidated. */
export function invalidateWrongly(world: World): void {
  const end = world.anyEnd((each) => each.healthy && each.qp.type === "RC");
  if (end === null) return;
  const wrong = end.keys.filter((key) => !isWindow(key) || !key.open || key.of.type === 1);
  const { rkey } = world.random.pick(wrong);
  world.calmly(() => {
    const wrId = end.takeSendId();
    end.qp.postSend({ wrId, opcode: "WR_LOCAL_INV", invalidateRkey: rkey });
    end.sends.push({ wrId, status: "WC_MW_BIND_ERR" });
    end.fail();
  });
}

export function deallocate(world: World): void {
  const end = world.anyEnd((each) => windowsOf(each).length > 0);
  if (end === null) return;
  const window = world.random.pick(windowsOf(end));
  window.of.dealloc();
  end.keys.splice(end.keys.indexOf(window), 1);
}

function close(window: Opening): void {
  Object.assign(window, { open: false, length: 0, owner: null, region: null });
}

function windowsOf(end: End): WindowKey[] {
  return end.keys.filter(isWindow);
}
