import { connectQp } from "@nomad/verbs";
import { End } from "../end.ts";
import type { World } from "../world.ts";
import { isRegion, isWindow } from "./regions.ts";

// Connections are made, fail, are brought back, and are taken down.

const ENDS_MAX = 16;

export function connect(world: World): void {
  const { random } = world;
  if (world.ends.length >= ENDS_MAX) return;
  const type = random.chance(0.75) ? "RC" : "UC";
  const [a, b] = [0, 1].map(() => {
    const site = random.pick(world.sites);
    const index = random.between(0, 1);
    const pd = site.pds[index];
    const pool = site.pools[index];
    if (pd === undefined || pool === undefined) throw new Error("a site has two domains, each with a pool");
    return new End(site, {
      type,
      pd,
      pool: type === "RC" && random.chance(0.3) ? pool : null,
      sqSigAll: random.chance(0.5),
    });
  }) as [End, End];
  a.peer = b;
  b.peer = a;
  bringUp(world, a, b);
}

/** Both to RTS, with whatever settings; PSNs begin anywhere, often where they wrap. */
function bringUp(world: World, a: End, b: End): void {
  const { random } = world;
  const anyPsn = () => (random.chance(0.5) ? 0xffffff - random.between(0, 8) : random.between(0, 0xffffff));
  const [psnA, psnB] = [anyPsn(), anyPsn()];
  const rdAtomic = random.pick([1, 4, 16]);
  const settings = {
    pathMtu: random.pick([256, 1024, 4096]),
    timeout: 8,
    retryCnt: 7,
    rnrRetry: 2,
    minRnrTimer: 1,
    maxRdAtomic: rdAtomic,
    maxDestRdAtomic: rdAtomic,
  };
  connectQp(a.qp, { lid: b.site.context.lid, qpn: b.qp.qpn, psn: psnB }, psnA, settings);
  connectQp(b.qp, { lid: a.site.context.lid, qpn: a.qp.qpn, psn: psnA }, psnB, settings);
}

/** One end is made to fail: what it has posted is flushed. */
export function fail(world: World): void {
  const end = world.anyEnd((each) => each.healthy);
  if (end === null) return;
  end.qp.modify({ state: "ERR" });
  end.fail();
  if (end.pool === null && world.random.chance(0.5)) end.postReceive(64);
  world.check();
}

/** A connection of which an end has failed is made anew, with the same queue pairs. What was posted is forgotten. */
export function revive(world: World): void {
  const end = world.anyEnd((each) => each.failed && each.peer !== null);
  const peer = end?.peer;
  if (end === null || !peer) return;
  for (const each of [end, peer]) {
    each.qp.modify({ state: "RESET" });
    each.failed = false;
    each.posted = [];
  }
  bringUp(world, end, peer);
  world.check();
}

export function disconnect(world: World): void {
  const end = world.anyEnd((each) => each.peer !== null);
  if (end?.peer && world.random.chance(0.5)) for (const each of [end, end.peer]) takeDown(each);
}

/** Nothing of it is left. */
export function takeDown(end: End): void {
  for (const key of end.keys.filter(isWindow)) key.of.dealloc();
  for (const key of end.keys.filter(isRegion)) key.of.dereg();
  end.qp.destroy();
  end.memory[Symbol.dispose]();
  end.site.ends.delete(end.qp.qpn);
}
