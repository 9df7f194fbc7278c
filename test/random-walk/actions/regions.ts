import { NomadError } from "@nomad/base";
import { access, type MemoryRegion, type MemoryWindow } from "@nomad/verbs";
import { COUNTER, type End } from "../end.ts";
import type { Opening } from "../opening.ts";
import type { World } from "../world.ts";

// Regions over an end's memory come, change and go; what is in use stays.

const KEYS_MAX = 12;
const rightsOf = [access.LOCAL_WRITE, access.REMOTE_WRITE, access.REMOTE_READ, access.REMOTE_ATOMIC, access.MW_BIND];

/** Expects that the adapter refuses with this code. */
export function expectRefused(code: NomadError["code"], action: () => void): void {
  try {
    action();
  } catch (error) {
    if (error instanceof NomadError && error.code === code) return;
    throw error;
  }
  throw new Error(`${code} was to be refused, and was not`);
}

export function isRegion(key: Opening): key is Opening & { readonly of: MemoryRegion } {
  return "lkey" in key.of;
}

export function isWindow(key: Opening): key is Opening & { readonly of: MemoryWindow } {
  return !isRegion(key);
}

function randomRights(world: World): number {
  return rightsOf.filter(() => world.random.chance(0.7)).reduce((all, right) => all | right, 0);
}

/** Often all of the memory, so that rights and domains decide. */
function randomRange(world: World): { readonly offset: number; readonly length: number } {
  if (world.random.chance(0.4)) return { offset: 0, length: COUNTER + 64 };
  const offset = world.random.between(0, COUNTER);
  return { offset, length: world.random.between(0, COUNTER + 64 - offset) };
}

const mayRegister = (rights: number) =>
  (rights & (access.REMOTE_WRITE | access.REMOTE_ATOMIC)) === 0 || (rights & access.LOCAL_WRITE) !== 0;

export function register(world: World): void {
  const end = world.anyEnd((each) => each.keys.length < KEYS_MAX);
  if (end === null) return;
  const pd = world.random.pick(end.site.pds);
  const { offset, length } = randomRange(world);
  const rights = randomRights(world);
  const make = () => pd.regMr({ address: end.memory.address + offset, length }, rights);
  if (!mayRegister(rights)) return expectRefused("E_VERB", make);
  const of = make();
  end.keys.push({ of, pd, rkey: of.rkey, offset, length, rights, open: true, owner: null, region: null });
}

/** A region of the end's other than the one that its own work requests use; or null. */
function anyRegion(world: World, end: End | null) {
  const regions = (end?.keys ?? []).slice(1).filter((key) => isRegion(key) && key.open);
  return regions.length === 0 ? null : (world.random.pick(regions) as Opening & { readonly of: MemoryRegion });
}

const hasWindows = (end: End, region: Opening) => end.keys.some((key) => key.open && key.region === region);

export function deregister(world: World): void {
  const end = world.anyEnd((each) => each.keys.length > 1);
  const region = anyRegion(world, end);
  if (end === null || region === null) return;
  if (hasWindows(end, region)) return expectRefused("E_BUSY", () => region.of.dereg());
  region.of.dereg();
  region.open = false;
  // A dead key is kept for a while, to be tried.
  if (end.keys.length >= KEYS_MAX) end.keys.splice(end.keys.indexOf(region), 1);
}

export function reregister(world: World): void {
  const end = world.anyEnd((each) => each.keys.length > 1);
  const region = anyRegion(world, end);
  if (end === null || region === null) return;
  const { offset, length } = randomRange(world);
  const rights = randomRights(world);
  const range = { address: end.memory.address + offset, length };
  const change = () => region.of.rereg({ range, access: rights });
  if (length === 0) return expectRefused("E_VERB", change);
  if (hasWindows(end, region)) return expectRefused("E_BUSY", change);
  if (!mayRegister(rights)) return expectRefused("E_VERB", change);
  change();
  Object.assign(region, { offset, length, rights });
}

/** What is in use is not destroyed. */
export function destroyInUse(world: World): void {
  const site = world.random.pick(world.sites);
  const { pd, pool, qp } = world.random.pick([...site.ends.values()]);
  expectRefused("E_BUSY", () => pd.dealloc());
  if (pool !== null) expectRefused("E_BUSY", () => pool.srq.destroy());
  if (qp.type === "UD") expectRefused("E_BUSY", () => qp.destroy());
}

/** A completion queue becomes larger or smaller. */
export function resize(world: World): void {
  const site = world.random.pick(world.sites);
  world.random.pick(site.cqs).resize(world.random.pick([256, 512, 1024]));
}
