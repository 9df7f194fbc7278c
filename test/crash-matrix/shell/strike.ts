import { setTimeout as sleep } from "node:timers/promises";
import type { FaultRequest } from "@nomad/protocol/http";
import { type Cell, strikeMs } from "../outcomes.ts";
import type { MatrixLab } from "./matrix-lab.ts";

/** Who plays which part in the move of a cell. */
export interface Cast {
  readonly source: string;
  readonly destination: string;
  readonly peer: string;
}

/** Lets a cell's fault strike. What it answers ends the fault, at its time: it resolves when that has been done. */
export async function strike(lab: MatrixLab, cell: Cell, cast: Cast): Promise<() => Promise<void>> {
  const { participant, fault } = cell;
  if (fault === "kill" || fault === "stop" || fault === "cut") {
    const name = participant === "central" ? "central" : cast[participant as keyof Cast];
    return strikeProcess(lab, name, fault);
  }
  return cut(lab, linkFault(cell, cast));
}

/** After a cut the connections that had one are made anew. */
const reconnectMs = 300;

async function cut(lab: MatrixLab, fault: FaultRequest): Promise<() => Promise<void>> {
  await lab.client.addFault(fault);
  const over = sleep(1000 * (fault.seconds ?? 0) + reconnectMs);
  return () => over;
}

async function strikeProcess(
  lab: MatrixLab,
  name: string,
  fault: "kill" | "stop" | "cut",
): Promise<() => Promise<void>> {
  const forMs = name === "central" ? strikeMs.central : strikeMs.host;
  if (fault === "cut") return cut(lab, { kind: "cut", from: name, bothWays: true, seconds: forMs / 1000 });
  if (fault === "stop") {
    lab.processes.signal(name, "SIGSTOP");
    const over = sleep(forMs).then(() => lab.processes.signal(name, "SIGCONT"));
    return () => over;
  }
  lab.processes.signal(name, "SIGKILL");
  await lab.processes.ended(name);
  if (name === "central") await lab.processes.start(name);
  return async () => {};
}

function linkFault({ participant, fault }: Cell, { source, destination, peer }: Cast): FaultRequest {
  const seconds = strikeMs.link / 1000;
  const ends: Readonly<Record<string, Pick<FaultRequest, "on" | "from" | "to" | "seconds">>> = {
    "control-source": { on: ["control"], from: source, to: "central", seconds },
    "control-destination": { on: ["control"], from: destination, to: "central", seconds },
    wire: { on: ["wire"], from: source, to: peer, seconds },
    bulk: { on: ["bulk"], from: source, to: destination },
  };
  const link = ends[participant] ?? {};
  if (fault === "cut-both-ways") return { kind: "cut", ...link, bothWays: true };
  if (fault === "cut-from-source") return { kind: "cut", ...link };
  return { kind: "cut", ...link, from: link.to, to: link.from };
}
