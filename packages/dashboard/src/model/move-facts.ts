import type { MoveRecord } from "@nomad/protocol/http";
import { bytes, duration, rate } from "./format.ts";

export type Fact = readonly [name: string, value: string];

/** All that is known of a move, but its phases. */
export function factsOf(move: MoveRecord): Fact[] {
  const { rounds, pages, memoryPages, pagesWhileStopped, bytesPerSecondMax, converged, held, cut } = move;
  const ended = move.outcome !== "";
  const pagesText = `${pages} of a memory of ${memoryPages}, ${pagesWhileStopped} of them while stopped`;
  const facts: (Fact | false)[] = [
    ["move", `${move.id}, by the protocol ${move.protocol}`],
    ["outcome", ended ? move.outcome : `under way: ${move.phase}`],
    ended && ["took", `${duration(move.totalMs)}, of which the guest stood still ${duration(move.pausedMs)}`],
    ["copied", `${bytes(move.bytes)} in ${rounds} rounds`],
    ["pages", pagesText],
    converged !== null && ["converged", converged ? "yes" : `no, and then: ${move.onDivergence}`],
    bytesPerSecondMax !== null && ["at most", rate(bytesPerSecondMax)],
    ["held", `${held} work requests, posted before the stop and completed after it`],
    ["cut", `${cut} queue pairs that did not drain in time${move.strict ? "; none is allowed" : ""}`],
    ["messages", `${move.controlMessages} between central and hosts`],
    ["objects made", move.presetup ? "while it was copied" : "when it had stopped"],
    ["memory", memoryText(move)],
    move.error !== null && ["error", `${move.error.code}: ${move.error.message}`],
  ];
  return facts.filter((fact) => fact !== false);
}

function memoryText({ digestSource, digestDestination }: MoveRecord): string {
  if (digestSource === "" || digestDestination === "") return "not compared yet";
  return digestSource === digestDestination ? "the same at both ends" : "not the same at both ends";
}
