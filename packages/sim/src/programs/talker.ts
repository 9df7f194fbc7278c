import { VMM_VLID } from "@nomad/abi";
import { Driver } from "../driver.ts";
import type { Program } from "../guest.ts";
import type { Traffic } from "../traffic.ts";
import { areaAt } from "./layout.ts";
import { Side } from "./side.ts";

export interface Talker {
  readonly own: string;
  readonly peers: readonly string[];
  readonly traffic: Traffic;
  /** How long it rests between two looks at its queues, ms, and how many work requests it then posts. */
  readonly restMs?: number;
  readonly posts?: number;
  /** Once, after so many looks, it rests so long that its peers find no receives, ms. */
  readonly nap?: { readonly after: number; readonly ms: number } | null;
  /** Once, after so many looks, it posts nothing for so many: its connections are idle, unless its peers send. */
  readonly silence?: { readonly after: number; readonly looks: number } | null;
}

/**
 * A guest that talks to each of its peers over a reliable connection until it is asked to end, and checks all that
 * arrives. A connection that fails ends; the others go on.
 */
export function talker({ own, peers, traffic, restMs = 0.1, posts = 6, nap = null, silence = null }: Talker): Program {
  return function* (machine) {
    const driver = new Driver(machine);
    const sides = peers.map((peer, i) => new Side(machine, driver, areaAt(i), { own, peer }, traffic));
    const isSilent = (looks: number) =>
      silence !== null && looks > silence.after && looks <= silence.after + silence.looks;
    const ended = (side: Side) => side.finished;
    for (const side of sides) {
      yield* side.end.open(`${own} for ${side.peer}`);
      side.prepare(machine.memory.view.getUint32(VMM_VLID, true));
    }
    for (const side of sides) yield* side.end.connect(`${own} for ${side.peer}`, `${side.peer} for ${own}`);
    for (let looks = 1; !sides.every(ended); looks++) {
      for (const side of sides) if (!ended(side)) side.poll();
      const talks = machine.shutdown || !isSilent(looks);
      for (const side of sides) if (talks && !ended(side)) side.fill(posts, machine.shutdown);
      yield looks === nap?.after ? nap.ms : restMs;
    }
    const rows = sides.map((side) => side.report());
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + of(row), 0);
    const verified = sides.every((side) => side.verified);
    yield* driver.report({
      guest: own,
      connections: rows.map(({ connection }) => connection),
      atomics: { expected: sum((row) => row.expected), actual: sum((row) => row.actual) },
      verified,
    });
    return verified ? 0 : 1;
  };
}
