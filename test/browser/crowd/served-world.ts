import { Random } from "@nomad/base";
import { Captures, captureLab, FaultDesk, MoveTraffics, type ServedCentral } from "@nomad/daemon/http-api";
import type { LabEvent } from "@nomad/protocol/http";
import type { World } from "@nomad/sim";

/** The central of a simulated world, to be served over HTTP. It must not be restarted. */
export class ServedWorld implements ServedCentral {
  readonly captures: Captures;
  readonly faults: FaultDesk;
  readonly traffics: MoveTraffics;
  readonly #world: World;
  readonly #watchers = new Set<(event: LabEvent) => void>();

  constructor(world: World) {
    this.#world = world;
    const lab = captureLab(this, () => this.now());
    this.captures = new Captures(lab);
    const { generation } = this.core;
    this.faults = new FaultDesk({
      ...lab,
      clock: world.clock,
      generation,
      reconnect: () => {},
      writeNow: () => {},
      random: new Random(generation),
    });
    this.traffics = new MoveTraffics({ ...lab, clock: world.clock });
    this.watch((event) => this.captures.onEvent(event));
    this.watch((event) => this.faults.onEvent(event));
    world.observers.add({
      central: (effect) => {
        if (effect.kind === "event") for (const watcher of this.#watchers) watcher(effect.event);
      },
      control: (from, to, message) => {
        if (to === "central" && message.kind === "CAPTURED") this.captures.take(from, message);
      },
    });
  }

  get core() {
    return this.#world.central;
  }

  now(): number {
    return this.#world.centralNow;
  }

  watch(watcher: (event: LabEvent) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  turn(): void {
    this.#world.turn();
  }

  send(...[to, message]: Parameters<World["tell"]>): void {
    this.#world.tell(to, message);
  }
}
