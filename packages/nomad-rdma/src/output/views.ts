import type { ConnectionReport, Guest, GuestReport, Host, MoveRecord } from "@nomad/protocol/http";
import { bytes, duration } from "./format.ts";
import type { Style } from "./style.ts";
import { type Column, table } from "./table.ts";

const number = (count: number): string => String(count);

const hostColumns: readonly Column<Host>[] = [
  { title: "host", cell: (host) => host.name },
  { title: "state", cell: (host) => host.state },
  { title: "lid", align: "right", cell: (host) => number(host.lid) },
  { title: "port", cell: ({ port }) => port.state },
  { title: "pkeys", cell: ({ port }) => port.pkeys.join(" ") },
  { title: "pid", align: "right", cell: (host) => number(host.pid) },
  { title: "guests", align: "right", cell: (host) => number(host.guests) },
  { title: "protocol", align: "right", cell: ({ protocol }) => (protocol === null ? "" : number(protocol)) },
  { title: "url", cell: (host) => host.url },
];

const guestColumns: readonly Column<Guest>[] = [
  { title: "guest", cell: (guest) => guest.name },
  { title: "host", cell: (guest) => guest.host },
  { title: "state", cell: (guest) => guest.state },
  { title: "epoch", align: "right", cell: (guest) => number(guest.epoch) },
  { title: "vlid", align: "right", cell: (guest) => number(guest.vlid) },
  { title: "image", cell: (guest) => guest.image },
  { title: "memory", align: "right", cell: (guest) => bytes(guest.memoryBytes) },
  {
    title: "end",
    cell: (guest) => guest.error?.code ?? (guest.exitCode === null ? "" : `exit code ${guest.exitCode}`),
  },
];

/** How far a move is; empty when it has ended. */
const phaseOf = ({ outcome, place, phase }: MoveRecord): string =>
  outcome === "" ? (place > 0 ? `queued (${place})` : phase) : "";

/** How a move ended, or how far it is. */
export const stageOf = (move: MoveRecord): string => move.outcome || phaseOf(move);

/** Where all moves have ended there is none. */
const underWayColumn: Column<MoveRecord> = { title: "phase", cell: phaseOf };

const moveColumns: readonly Column<MoveRecord>[] = [
  { title: "guest", cell: (move) => move.guest },
  { title: "from", cell: (move) => move.from },
  { title: "to", cell: (move) => move.to },
  underWayColumn,
  { title: "outcome", cell: ({ outcome }) => outcome },
  { title: "total", align: "right", cell: (move) => duration(move.totalMs) },
  { title: "paused", align: "right", cell: (move) => duration(move.pausedMs) },
  { title: "rounds", align: "right", cell: (move) => number(move.rounds) },
  { title: "pages", align: "right", cell: (move) => number(move.pages) },
  { title: "stopped", align: "right", cell: (move) => number(move.pagesWhileStopped) },
  { title: "bytes", align: "right", cell: (move) => bytes(move.bytes) },
  { title: "held", align: "right", cell: (move) => number(move.held) },
  { title: "cut", align: "right", cell: (move) => number(move.cut) },
];

interface End {
  readonly guest: string;
  readonly connection: ConnectionReport;
}

const connectionColumns: readonly Column<End>[] = [
  { title: "guest", cell: ({ guest }) => guest },
  { title: "peer", cell: ({ connection }) => connection.peer },
  { title: "status", cell: ({ connection }) => connection.status },
  ...(["sent", "delivered", "lost", "duplicated", "reordered", "corrupted"] as const).map((count) => ({
    title: count,
    align: "right" as const,
    cell: ({ connection }: End) => number(connection[count]),
  })),
  { title: "bytes", align: "right", cell: ({ connection }) => bytes(connection.bytes) },
];

const atomicsColumns: readonly Column<GuestReport>[] = [
  { title: "guest", cell: (report) => report.guest },
  { title: "atomics expected", align: "right", cell: (report) => number(report.atomics.expected) },
  { title: "actual", align: "right", cell: (report) => number(report.atomics.actual) },
  { title: "verified", cell: (report) => (report.verified ? "yes" : "no") },
];

export const hostTable = (hosts: readonly Host[], style: Style): string =>
  table(hostColumns, byName(hosts), style.bold);

export const guestTable = (guests: readonly Guest[], style: Style): string =>
  table(guestColumns, byName(guests), style.bold);

/** `stopped` are the pages sent while the guest did not run. */
export function moveTable(moves: readonly MoveRecord[], style: Style): string {
  const ended = moves.every(({ outcome }) => outcome !== "");
  const columns = ended ? moveColumns.filter((column) => column !== underWayColumn) : moveColumns;
  return table(columns, moves, style.bold);
}

/** One line for each end of each connection, as the guest at that end counted. */
export function connectionTable(reports: readonly GuestReport[], style: Style): string {
  const ends = reports.flatMap(({ guest, connections }) => connections.map((connection) => ({ guest, connection })));
  return table(connectionColumns, ends, style.bold);
}

export const atomicsTable = (reports: readonly GuestReport[], style: Style): string =>
  table(atomicsColumns, reports, style.bold);

/** Central lists things in the order in which they came, which differs from run to run. */
function byName<Named extends { readonly name: string }>(things: readonly Named[]): Named[] {
  return things.toSorted((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
