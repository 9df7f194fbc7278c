import type { LabEvent, MoveRecord } from "@nomad/protocol/http";
import type { Logger } from "pino";

export type Log = Pick<Logger, "info">;

/** Names that each line about a move has, so that one move can be found in the logs of all processes. */
function fieldsOf({ id, guest, from, to, phase, outcome, error }: MoveRecord): Record<string, string> {
  return { move: id, guest, from, to, phase, ...(outcome && { outcome }), ...(error && { code: error.code }) };
}

/** What a line about a move says; the place it has in the queue does not matter to those who read later. */
function sayingOf({ place, phase, outcome, error }: MoveRecord): string {
  if (place > 0) return "queued";
  if (outcome === "") return phase;
  return error === null ? outcome : `${outcome}: ${error.message}`;
}

/** Writes central's log of the lab: a line for each state that a host, a guest or a move enters. */
export function eventLog(log: Log): (event: LabEvent) => void {
  const known = new Map<string, string>();
  const changes = (key: string, state: string): boolean => {
    if (known.get(key) === state) return false;
    known.set(key, state);
    return true;
  };
  return (event) => {
    if (event.type === "host") {
      const { name, state } = event.host;
      if (changes(`host ${name}`, state)) log.info({ host: name, state }, `host ${name} is ${state}`);
    } else if (event.type === "guest") {
      const { name, host, state } = event.guest;
      // That it moves, the move itself tells, with its id.
      const told = state !== "moving" && changes(`guest ${name}`, `${state} ${host}`);
      if (told) log.info({ guest: name, host, state }, `guest ${name} is ${state} on ${host}`);
    } else if (event.type === "move") {
      const saying = sayingOf(event.move);
      if (changes(`move ${event.move.id}`, saying)) log.info(fieldsOf(event.move), `move ${event.move.id}: ${saying}`);
    }
  };
}
