import { Random } from "@nomad/base";
import type { TestFabric } from "@nomad/verbs/testing";
import { connect, disconnect, fail, revive, takeDown } from "./actions/connections.ts";
import { countTogether } from "./actions/counting.ts";
import { datagrams } from "./actions/datagrams.ts";
import { deaf, hostile } from "./actions/hostile.ts";
import { deregister, destroyInUse, register, reregister, resize } from "./actions/regions.ts";
import { relay, traffic, unreliable } from "./actions/traffic.ts";
import { allocate, bind, deallocate, invalidate, invalidateWrongly } from "./actions/windows.ts";
import { GROUP } from "./site.ts";
import { World } from "./world.ts";

type Action = (world: World) => void;

/** What may be the next step, and how often. */
const actions: readonly (readonly [weight: number, action: Action])[] = [
  [30, traffic],
  [4, relay],
  [6, unreliable],
  [6, datagrams],
  [5, countTogether],
  [6, hostile],
  [2, deaf],
  [5, connect],
  [1, disconnect],
  [2, fail],
  [10, revive],
  [6, register],
  [4, deregister],
  [3, reregister],
  [6, allocate],
  [8, bind],
  [4, invalidate],
  [1, invalidateWrongly],
  [2, deallocate],
  [2, destroyInUse],
  [1, resize],
];

const total = actions.reduce((sum, [weight]) => sum + weight, 0);

/** How often each action was taken, by name. */
export type Census = Readonly<Record<string, number>>;

/**
 * Takes so many steps, each an action by chance with all its parameters, and compares the adapters with the model after
 * each. The same seed walks the same way. `watch` is given the fabric before the first step. Throws with the seed and the step.
 */
export function walk(seed: number, steps: number, watch: (fabric: TestFabric) => void = () => {}): Census {
  using world = new World(seed);
  watch(world.fabric);
  const dice = new Random(seed + 7);
  const census: Record<string, number> = {};
  for (let step = 1; step <= steps; step++) {
    const action = pick(dice);
    try {
      action(world);
    } catch (error) {
      throw new Error(`seed ${seed}, step ${step}, ${action.name}: ${String(error)}`, { cause: error });
    }
    census[action.name] = (census[action.name] ?? 0) + 1;
  }
  tidyUp(world, seed);
  return census;
}

function pick(dice: Random): Action {
  let left = dice.between(1, total);
  for (const [weight, action] of actions) {
    left -= weight;
    if (left <= 0) return action;
  }
  throw new Error("the weights sum up to their total");
}

/** All that was made can be taken down, and then nothing is left in any domain. */
function tidyUp(world: World, seed: number): void {
  world.check();
  for (const site of world.sites) {
    site.datagrams.qp.detachMcast(GROUP);
    for (const end of [...site.ends.values()]) takeDown(end);
    for (const pool of site.pools) pool.close();
    for (const resource of [...site.cqs, ...site.pds]) resource[Symbol.dispose]();
    const { heap } = site.context;
    if (heap.freeBytes !== site.freeBytes) {
      throw new Error(
        `seed ${seed}: ${site.freeBytes - heap.freeBytes} bytes of ${site.context.name} are not given back`,
      );
    }
  }
}
