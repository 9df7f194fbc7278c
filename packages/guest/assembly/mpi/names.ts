import { localKey, RemoteKey, usePhysicalNames } from "../driver.ts";
import { barrier } from "./barrier.ts";
import { receivesFor } from "./channel.ts";
import { Communicator } from "./communicator.ts";

/** Of no peer: each READ sets its own before it is posted. */
const none = new RemoteKey(0, 0);
let isPhysical: bool = false;

/**
 * For measuring what translation costs: from now on all work requests name memory by the adapter's own keys, or again by the
 * guest's; nothing that was posted before is left. All ranks call it, and none may move while the names are physical.
 */
export function nameMemory(world: Communicator, physical: bool): void {
  if (physical === isPhysical) return;
  isPhysical = physical;
  const device = world.device;
  device.drain();
  usePhysicalNames(null);
  for (let rank = 0; rank < device.channels.length; rank++) {
    const channel = device.channels[rank];
    if (channel !== null) channel.nameMemory(physical ? localKey(channel.key) : channel.key, physical);
  }
  if (physical) usePhysicalNames(none);
  turnOver(world);
}

/** Uses up every receive that was posted with other names: by an empty packet from each peer for each of them. */
function turnOver(world: Communicator): void {
  const rank = world.rank;
  const size = world.size;
  // Whoever is ahead must not use up what others post with the names of before.
  barrier(world);
  for (let distance = 1; distance < size; distance++) {
    const to = (rank + distance) % size;
    const from = (rank - distance + size) % size;
    for (let left = receivesFor(size); left > 0; left--) {
      const heard = world.irecvCollective(0, 0, from);
      world.sendCollective(0, 0, to);
      world.wait(heard);
    }
  }
}
