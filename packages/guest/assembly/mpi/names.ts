import { localKey, RemoteKey, usePhysicalNames } from "../driver.ts";
import { Communicator } from "./communicator.ts";

/** Of no peer: each READ sets its own before it is posted. */
const none = new RemoteKey(0, 0);

/**
 * For measuring what translation costs: from now on all work requests name memory by the adapter's own keys, or again by the
 * guest's. No rank may move meanwhile.
 */
export function nameMemory(world: Communicator, physical: bool): void {
  const channels = world.device.channels;
  usePhysicalNames(null);
  for (let rank = 0; rank < channels.length; rank++) {
    const channel = channels[rank];
    if (channel !== null) channel.nameMemory(physical ? localKey(channel.key) : channel.key, physical);
  }
  if (physical) usePhysicalNames(none);
}
