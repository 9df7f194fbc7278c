import { type Lid, timings, type VLid } from "@nomad/base";
import type { ProtocolName } from "../../http/index.ts";
import { isDecided, isEnded, type Phase, phases } from "../../phase.ts";
import { Directory, type GuestRecord } from "../directory.ts";
import { type Move, plannedMove, usualWays } from "../move.ts";
import type { Ask, StepContext } from "./protocol.ts";

// The table of a protocol as a picture. Each step is asked whom it would ask what, in a lab with one host of each role.

const roles = ["source", "destination", "peer"] as const;
const vlids = { guest: 1 as VLid, peer: 2 as VLid };

function guestAt(name: keyof typeof vlids, host: (typeof roles)[number]): GuestRecord {
  const state = { state: "running", exitCode: null, error: null, report: null, log: [] } as const;
  const image = { image: "any", imageHash: "", memoryBytes: 0, arguments: {} };
  return { name, vlid: vlids[name], host, epoch: 1, ...image, ...state, log: [] };
}

function labOfRoles(): StepContext {
  const directory = new Directory();
  for (const [i, name] of roles.entries()) {
    const heard = {
      lastHeardAt: 0,
      suspectedAt: null,
      refused: { packets: 0, messages: 0, frames: 0, connections: 0 },
    };
    const process = { incarnation: name, url: "", pid: 0, state: "up", portState: "ACTIVE", protocol: null } as const;
    directory.hosts.set(name, { name, lid: (i + 1) as Lid, ...process, ...heard });
  }
  directory.add(guestAt("guest", "source"));
  directory.add(guestAt("peer", "peer"));
  return { directory, generation: 1, timings, now: 0 };
}

function moveOfRoles(protocol: ProtocolName): Move {
  const plan = { order: 0, vlid: vlids.guest, epoch: 2, token: "", inject: null, ...usualWays, protocol };
  const move = plannedMove("1-1", "guest", "source", "destination", plan, 0);
  move.peers = [vlids.peer];
  return move;
}

const asked = (asks: readonly Ask[]): string => asks.map(({ to, message }) => `${message.kind} to ${to}`).join(", ");

/** What no protocol says, for central does it for all of them (drive.ts, destination-lost.ts). */
const common: readonly (readonly [Phase, Phase, string])[] = [
  ["bound", "COMMITTED", "the decision is on central's disk"],
  ["running", "peers-resumed", "PEERS_RESUMED from destination"],
  ["COMMITTED", "aborting", "the destination died before it ran the guest"],
];

/** A Mermaid state diagram of a protocol: its phases, and what central asks of whom to get from one to the next. */
export function protocolDiagram(protocol: ProtocolName): string {
  const central = labOfRoles();
  const move = moveOfRoles(protocol);
  const { steps } = move.protocol;
  const rows = phases.flatMap((phase) => {
    const step = steps[phase];
    const own = step ? [[phase, step.next, asked(step.ask(move, central))] as const] : [];
    const undone = step && !isDecided(phase) && phase !== "aborting" ? [[phase, "aborting", "failure"] as const] : [];
    return [...own, ...common.filter(([from]) => from === phase), ...undone];
  });
  const seen = phases.filter((phase) => rows.some(([from, to]) => from === phase || to === phase));
  return [
    "stateDiagram-v2",
    ...seen.map((phase) => `  state "${phase}" as ${idOf(phase)}`),
    `  [*] --> ${idOf("planned")}`,
    ...rows.map(([from, to, label]) => `  ${idOf(from)} --> ${idOf(to)}: ${label}`),
    ...seen.filter(isEnded).map((phase) => `  ${idOf(phase)} --> [*]`),
  ].join("\n");
}

/** Mermaid takes a hyphen for an arrow. */
const idOf = (phase: Phase): string => phase.replaceAll("-", "_");
