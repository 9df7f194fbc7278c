import type { CentralEffect, Message } from "@nomad/protocol";
import type { Disk } from "../disk.ts";
import type { Observer } from "../observer.ts";
import { must } from "../violation.ts";

/** What nobody may be told before the decision is on disk. */
const tellsDecision = new Set<Message["kind"]>(["RUN", "RELEASE"]);

/** Part of invariant 9: what central tells the hosts of a decision, it still knows after a crash. */
export class Decisions implements Observer {
  readonly #disk: Disk;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  central(effect: CentralEffect): void {
    if (effect.kind !== "send" || !tellsDecision.has(effect.message.kind)) return;
    const { move } = effect.message as Extract<Message, { kind: "RUN" | "RELEASE" }>;
    const kept = this.#disk.durable.get(`moves ${move}`)?.value ?? "";
    const onDisk = /"phase":"(COMMITTED|running|peers-resumed|released)"/.test(kept);
    must(9, onDisk, () => `${effect.message.kind} is told for move ${move} before its decision is on disk`);
  }
}
