import { timings } from "@nomad/base";
import { chatter, chatterBytes, hostNames, World } from "@nomad/sim";

/** How large a simulated lab is. */
export interface CrowdSize {
  readonly hosts: number;
  readonly guests: number;
}

/** To how many hosts the guests that move are connected. */
export const connectedHosts = [1, 4, 16] as const;

const talk = { restMs: 50, sendsAtOnce: 1, reportMs: 60_000 } as const;
type Program = ReturnType<typeof chatter>;

/** Time for connections to be set up, ms of the simulation. */
const settleMs = 500;
const upWithinMs = 60_000;

/**
 * Control messages of a move in a simulated lab (a figure of the protocol: no clock has part in it), by the number of
 * hosts that the guest is connected to, in the order of `connectedHosts`. All other guests do nothing.
 */
export function controlMessages({ hosts, guests }: CrowdSize): number[] {
  const programs = { idle, ...Object.assign({}, ...connectedHosts.map(star)) };
  const programBytes = chatterBytes(Math.max(...connectedHosts));
  // With those of a simulation there would be more heartbeats than anything else.
  const world = new World({ seed: 1, hosts, programs, programBytes, timings });
  const [home, away, ...others] = hostNames(hosts) as [string, string, ...string[]];
  world.until("all hosts are up", () => world.central.directory.hosts.size === hosts, upWithinMs);
  let booted = 0;
  for (const count of connectedHosts) {
    world.boot(hub(count), hub(count), home);
    for (let i = 0; i < count; i++) world.boot(spoke(count, i), spoke(count, i), others[i] as string);
    booted += 1 + count;
  }
  for (; booted < guests; booted++) world.boot(`idle-${booted}`, "idle", others[booted % others.length] as string);
  world.run(settleMs);
  return connectedHosts.map((count) => world.move(hub(count), away).controlMessages);
}

const hub = (count: number): string => `hub-${count}`;
const spoke = (count: number, i: number): string => `spoke-${count}-${i}`;

/** A guest, and so many that are connected to it. */
function star(count: number): Record<string, Program> {
  const spokes = Array.from({ length: count }, (_, i) => spoke(count, i));
  const ends = spokes.map((own) => [own, chatter({ ...talk, own, peers: [hub(count)] })]);
  return { [hub(count)]: chatter({ ...talk, own: hub(count), peers: spokes }), ...Object.fromEntries(ends) };
}

/** Rests for as long as anybody looks. */
const idle: Program = function* (machine) {
  while (!machine.shutdown) yield upWithinMs;
  return 0;
};
