import { phases as allPhases, isDecided, isEnded, type Phase } from "@nomad/protocol";

// What comes of a fault in each phase of a move: the contract, as data. It drives the matrix (shell/main.ts) and makes
// docs/outcomes.md (document.ts).

/** Phases that a fault can be placed in: all but those in which a move has ended. */
export type CellPhase = Exclude<Phase, "released" | "aborted">;
export const phases = allPhases.filter((phase): phase is CellPhase => !isEnded(phase));

/** Who is struck: a process, or what connects two of them. `peer`: the host of the guest that the moving one talks to. */
export const participants = {
  source: "process",
  destination: "process",
  peer: "process",
  central: "process",
  "control-source": "link",
  "control-destination": "link",
  wire: "link",
  bulk: "link",
} as const;
export type Participant = keyof typeof participants;

export const faults = {
  /** SIGKILL; central is started again at once. */
  kill: "process",
  /** SIGSTOP, and SIGCONT later. A host stands still for longer than it takes to declare it dead, central for less. */
  stop: "process",
  /** Nothing comes from it and nothing reaches it: a host for longer than it takes to declare it dead, central for less. */
  cut: "process",
  /** Of a link, for less time than declares anybody dead; pages are cut until the move has ended. */
  "cut-both-ways": "link",
  "cut-from-source": "link",
  "cut-to-source": "link",
} as const;
export type Fault = keyof typeof faults;

/** How a move ends for its guest. */
export const endings = {
  source: "goes on at the source",
  destination: "goes on at the destination",
  lost: "is lost with its host",
  broken: "loses its connection, wherever it is then",
} as const;
export type Ending = keyof typeof endings;

/** What the programs see of it. */
export const sights = {
  pause: "a pause",
  "peer-error": "the peer's work requests complete with IBV_WC_RETRY_EXC_ERR",
  "own-error": "the guest's own work requests complete with IBV_WC_RETRY_EXC_ERR",
} as const;
export type Sight = keyof typeof sights;

export interface Outcome {
  readonly ending: Ending;
  readonly sees: Sight;
  /** From the fault until the move has ended and the programs have seen it. */
  readonly boundMs: number;
}

/** How the labs of the matrix are set: quicker than the defaults, in the same relations. */
export const matrixTimings = { heartbeatMs: 500, hostDeadMs: 2000, controlRequestMs: 2500 } as const;
/** How long a host is stopped or cut off, central is, and a link is cut. */
export const strikeMs = { host: 4500, central: 1500, link: 1000 } as const;

/** A process has so long to be scheduled, to start, to connect: the machine may be busy. */
const slackMs = 10_000;
const deathMs = matrixTimings.hostDeadMs + matrixTimings.heartbeatMs;
/** Eight time-outs of 268 ms, as the program `pair` sets its queue pairs. */
const retriesMs = 2200;
/** A destination that takes no pages is given up after this (bulk-source.ts). */
const stallMs = 10_000;

type Rule = (phase: CellPhase, fault: Fault) => Outcome;

const atSource: Outcome = { ending: "source", sees: "pause", boundMs: slackMs };
const atDestination: Outcome = { ending: "destination", sees: "pause", boundMs: slackMs };
const within = (outcome: Outcome, ms: number): Outcome => ({ ...outcome, boundMs: ms + slackMs });

/** Undisturbed, or only for a while: the move ends as it would have. */
const asIfNothing = (phase: CellPhase): Outcome => (phase === "aborting" ? atSource : atDestination);

const rules: Readonly<Record<Participant, Rule>> = {
  // Until it has stopped the guest is the source's alone; from then on the destination has all of it, and the source
  // has only to let go. A move that is being undone has gone back to being the source's.
  source: (phase) =>
    phase === "stopped" || phase === "bound" || isDecided(phase)
      ? within(atDestination, deathMs)
      : { ending: "lost", sees: "peer-error", boundMs: deathMs + retriesMs + slackMs },
  // Decided and not yet run: fenced, and the guest goes back. Once it has run there is nobody else to run it.
  destination: (phase) =>
    isDecided(phase) && phase !== "COMMITTED"
      ? { ending: "lost", sees: "peer-error", boundMs: deathMs + retriesMs + slackMs }
      : within(atSource, deathMs),
  // The move goes on without the dead; where the guest is when its adapter has given up is a matter of time.
  peer: () => ({ ending: "broken", sees: "own-error", boundMs: deathMs + retriesMs + slackMs }),
  // Started again it undoes what was not decided and finishes the rest; silent for a while it goes on where it was.
  central: (phase, fault) => {
    if (fault !== "kill") return within(asIfNothing(phase), strikeMs.central);
    return within(isDecided(phase) ? atDestination : atSource, slackMs);
  },
  "control-source": (phase) => within(asIfNothing(phase), strikeMs.link),
  "control-destination": (phase) => within(asIfNothing(phase), strikeMs.link),
  wire: (phase) => within(asIfNothing(phase), strikeMs.link),
  // Until the guest has stopped, its pages are needed; a move that does not get them across is undone.
  bulk: (phase) => {
    const needed = phases.indexOf(phase) < phases.indexOf("stopped");
    return needed ? within(atSource, stallMs) : asIfNothing(phase);
  },
};

export interface Cell {
  readonly participant: Participant;
  readonly phase: CellPhase;
  readonly fault: Fault;
  readonly expected: Outcome;
}

/** The whole matrix. */
export const cells: readonly Cell[] = (Object.keys(participants) as Participant[]).flatMap((participant) =>
  (Object.keys(faults) as Fault[])
    .filter((fault) => faults[fault] === participants[participant])
    .flatMap((fault) =>
      phases.map((phase) => ({ participant, phase, fault, expected: rules[participant](phase, fault) })),
    ),
);

export const nameOf = ({ participant, phase, fault }: Omit<Cell, "expected">): string =>
  `${participant}/${phase}/${fault}`;
