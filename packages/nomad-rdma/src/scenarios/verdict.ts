import type { ConnectionReport, Guest, GuestReport, MoveRecord } from "@nomad/protocol/http";
import type { RunRecord } from "./run-record.ts";

/** Something that a run must show. */
interface Check<Subject> {
  readonly expected: string;
  readonly holds: (subject: Subject) => boolean;
  readonly actual: (subject: Subject) => string;
}

/** Of a guest's memory, at most this part may be left to send while it is stopped. */
const stoppedShareMax = 0.2;
const dirtyingRoundsMin = 2;

const moveChecks: readonly Check<MoveRecord>[] = [
  {
    expected: "released",
    holds: (move) => move.outcome === "released",
    actual: (move) =>
      [move.outcome || `still ${move.phase}`, move.error?.code, move.error?.message].filter(Boolean).join(" "),
  },
  {
    expected: "equal digests of both sides' memory",
    holds: (move) => move.digestSource !== "" && move.digestSource === move.digestDestination,
    actual: (move) => `${move.digestSource || "none"} and ${move.digestDestination || "none"}`,
  },
  {
    expected: `under ${stoppedShareMax * 100} % of memory sent while stopped`,
    holds: (move) => move.pagesWhileStopped < stoppedShareMax * move.memoryPages,
    actual: (move) => `${move.pagesWhileStopped} of ${move.memoryPages} pages`,
  },
];

const heldMoveChecks: readonly Check<MoveRecord>[] = [
  {
    expected: "at least 1 work request held over the move",
    holds: (move) => move.held >= 1,
    actual: (move) => String(move.held),
  },
];

const dirtyingMoveChecks: readonly Check<MoveRecord>[] = [
  {
    expected: `at least ${dirtyingRoundsMin} rounds for a guest that dirties its memory`,
    holds: (move) => move.rounds >= dirtyingRoundsMin,
    actual: (move) => String(move.rounds),
  },
];

const guestChecks: readonly Check<Guest>[] = [
  {
    expected: "a clean end",
    holds: (guest) => guest.state === "exited" && guest.exitCode === 0,
    actual: (guest) =>
      [
        guest.state,
        guest.exitCode === null ? "" : `with exit code ${guest.exitCode}`,
        guest.error?.code,
        guest.error?.message,
      ]
        .filter(Boolean)
        .join(" "),
  },
];

const reportChecks: readonly Check<GuestReport>[] = [
  { expected: "a workload verified by the guest", holds: (report) => report.verified, actual: () => "not verified" },
  {
    expected: "as many atomics as were asked for",
    holds: ({ atomics }) => atomics.expected > 0 && atomics.expected === atomics.actual,
    actual: ({ atomics }) => `${atomics.actual} of ${atomics.expected}`,
  },
  { expected: "a connection", holds: (report) => report.connections.length > 0, actual: () => "none" },
];

const faults = ["lost", "duplicated", "reordered", "corrupted"] as const satisfies (keyof ConnectionReport)[];

const connectionChecks: readonly Check<ConnectionReport>[] = [
  { expected: "status ok", holds: ({ status }) => status === "ok", actual: ({ status }) => status },
  { expected: "messages delivered", holds: ({ delivered }) => delivered > 0, actual: () => "none" },
  ...faults.map((fault) => ({
    expected: `nothing ${fault}`,
    holds: (connection: ConnectionReport) => connection[fault] === 0,
    actual: (connection: ConnectionReport) => String(connection[fault]),
  })),
];

/** What a run was to show and did not, one sentence each; empty when all was verified. */
export function failures(run: RunRecord): string[] {
  return [
    ...run.troubles,
    ...run.moves.flatMap((move, i) => ofMove(run, move, i)),
    ...failed("the run", run, wholeChecks),
    ...run.guests.flatMap((guest) => ofGuest(run, guest)),
  ];
}

const wholeChecks: readonly Check<RunRecord>[] = [
  {
    expected: "every planned move made",
    holds: (run) => run.moves.length === run.planned.length,
    actual: (run) => `${run.moves.length} of ${run.planned.length}`,
  },
  {
    expected: "every message sent also delivered",
    holds: (run) => total(run, "sent") === total(run, "delivered"),
    actual: (run) => `${total(run, "sent")} sent, ${total(run, "delivered")} delivered`,
  },
];

/** The sum of a count over both ends of all connections. */
export function total(run: RunRecord, count: "sent" | "delivered" | (typeof faults)[number]): number {
  return run.reports.flatMap((report) => report.connections).reduce((sum, connection) => sum + connection[count], 0);
}

function ofMove(run: RunRecord, move: MoveRecord, index: number): string[] {
  const subject = `move ${index + 1} (${move.guest}, ${move.from} to ${move.to})`;
  // What a move that failed did not get round to is no second failure.
  if (move.outcome !== "released") return failed(subject, move, moveChecks.slice(0, 1));
  const held = run.alwaysHeld ? heldMoveChecks : [];
  const dirtying = run.dirtying.includes(move.guest) ? dirtyingMoveChecks : [];
  return failed(subject, move, [...moveChecks, ...held, ...dirtying]);
}

function ofGuest(run: RunRecord, guest: Guest): string[] {
  const report = run.reports.find((candidate) => candidate.guest === guest.name);
  if (guest.state === "lost") return failed(guest.name, guest, guestChecks);
  if (!report) return [...failed(guest.name, guest, guestChecks), `${guest.name}: expected a report, got none`];
  return [
    ...failed(guest.name, guest, guestChecks),
    ...failed(guest.name, report, reportChecks),
    ...report.connections.flatMap((connection) =>
      failed(`${guest.name}'s connection with ${connection.peer}`, connection, connectionChecks),
    ),
  ];
}

function failed<Subject>(name: string, subject: Subject, checks: readonly Check<Subject>[]): string[] {
  return checks
    .filter((check) => !check.holds(subject))
    .map((check) => `${name}: expected ${check.expected}, got ${check.actual(subject)}`);
}
