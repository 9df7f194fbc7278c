import { unreachable } from "@nomad/base";
import type { Guest, GuestReport, Host, LabEvent, LogLine, MoveRecord } from "./schema.ts";

/** How many lines of each guest are remembered. */
const linesMax = 200;

/** A lab as its events tell of it. */
export interface LabView {
  readonly hosts: Map<string, Host>;
  readonly guests: Map<string, Guest>;
  readonly moves: Map<string, MoveRecord>;
  readonly reports: Map<string, GuestReport>;
  /** The last lines that each guest printed. */
  readonly lines: Map<string, LogLine[]>;
}

export function emptyView(): LabView {
  return { hosts: new Map(), guests: new Map(), moves: new Map(), reports: new Map(), lines: new Map() };
}

/** Takes an event into the view. */
export function applyEvent(view: LabView, event: LabEvent): void {
  switch (event.type) {
    case "host":
      view.hosts.set(event.host.name, event.host);
      return;
    case "guest":
      view.guests.set(event.guest.name, event.guest);
      return;
    case "move":
      view.moves.set(event.move.id, event.move);
      return;
    case "report":
      view.reports.set(event.guest, event.report);
      return;
    case "log": {
      const { type: _type, ...line } = event;
      const printed = view.lines.get(event.guest) ?? [];
      printed.push(line);
      if (printed.length > linesMax) printed.shift();
      view.lines.set(event.guest, printed);
      return;
    }
    default:
      unreachable(event);
  }
}

/** A guest that will not run again by itself. */
export function hasEnded(guest: Pick<Guest, "state">): boolean {
  return guest.state === "exited" || guest.state === "failed" || guest.state === "lost";
}
